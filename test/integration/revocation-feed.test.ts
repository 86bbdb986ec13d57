import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { noBus } from '../../src/app/bus.ts';
import { eventCatalogue } from '../../src/app/features/index.ts';
import { auditEvent, type EventFacts, type EventKind } from '../../src/core/event-kind.ts';
import type { EventCatalogue } from '../../src/core/events.ts';
import { newId, type SessionId } from '../../src/core/ids.ts';
import type { Revocation } from '../../src/core/revocation.ts';
import { Secret } from '../../src/core/secret.ts';
import { RevocationFeed, Revocations } from '../../src/modules/revocations/index.ts';
import { TypeOrmRevocationStore } from '../../src/modules/revocations/revocation.store.typeorm.ts';
import { createDataSource } from '../../src/platform/database/data-source.ts';
import { Database } from '../../src/platform/database/database.ts';
import { Outage } from '../../src/platform/database/outage.ts';
import { createTestDatabase } from '../support/database.ts';
import { silentLogger as logger } from '../support/logger.ts';
import { runSql } from '../support/sql.ts';

/** A kind that nothing else knows of. */
const revokesPlanted = ({ plantedId: id }: { readonly plantedId: SessionId }): Revocation => ({
  kind: 'session',
  id,
  notBefore: null,
});
const planted = {
  'planted.revoked': auditEvent({
    description: 'Planted.',
    facts: { plantedId: 'an id' },
    revokes: revokesPlanted,
  }),
};
const kinds = Object.entries<EventKind<never>>({ ...eventCatalogue, ...planted });

let storage: { url: string; drop(): Promise<void> };
let dataSource: DataSource;
let outage: Outage;
let store: TypeOrmRevocationStore;

beforeAll(async () => {
  storage = await createTestDatabase();
  const url = new Secret(storage.url);
  dataSource = await createDataSource({
    url,
    entities: [],
    poolSize: 1,
    timeoutMs: 2_000,
    logger,
  }).initialize();
  outage = new Outage(url, logger);
  const catalogue: EventCatalogue = { ...eventCatalogue, ...planted };
  store = new TypeOrmRevocationStore(new Database(dataSource, outage, logger), catalogue);
});
afterAll(async () => {
  outage?.stop();
  await dataSource?.destroy();
  await storage?.drop();
});

describe('the revocation feed without Redis', () => {
  const revocations = new Revocations({ keepForSeconds: 300 });
  let feed: RevocationFeed;

  beforeAll(async () => {
    feed = new RevocationFeed({ bus: noBus, store, revocations, logger });
    await feed.start();
  });
  afterAll(() => feed?.stop());

  const revoking = kinds.flatMap(([type, { revokes }]) => (revokes ? [{ type, revokes }] : []));

  test.each(revoking)('learns of $type from the audit log', async ({ type, revokes }) => {
    const { data, revocation } = sampleOf(revokes);
    const { id, notBefore } = revocation;
    const learned = new Promise<void>((resolve) => revocations.watch(id, resolve));
    await record(type, data);
    await learned;
    expect(revocations.notBefore(id)).toEqual(notBefore);
  });
});

describe('revocations in the audit log', () => {
  test('are listed by their age, without the events that revoke nothing', async () => {
    const [recent, old] = [sampleOf(revokesPlanted), sampleOf(revokesPlanted)];
    await record('planted.revoked', recent.data, 50);
    await record('planted.revoked', old.data, 500);
    for (const [type, { revokes }] of kinds) if (!revokes) await record(type, recent.data, 50);
    const listed = (await store.listWithin(60)).map(({ id }) => id);
    expect(listed.filter((id) => id === recent.revocation.id)).toHaveLength(1);
    expect(listed).not.toContain(old.revocation.id);
    expect(await store.listWithin(600)).toContainEqual(old.revocation);
  });
});

/** Data with what `revokes` reads, and what it makes of that. */
function sampleOf(revokes: (data: never) => Revocation): { data: EventFacts; revocation: Revocation } {
  const data: Record<string, string> = {};
  const recorder = new Proxy(data, {
    get: (_, name: string) => {
      data[name] ??= name.endsWith('Id') ? newId() : new Date().toISOString();
      return data[name];
    },
  });
  return { revocation: revokes(recorder as never), data };
}

function record(type: string, data: EventFacts, secondsAgo = 0): Promise<unknown> {
  return runSql(
    storage.url,
    `INSERT INTO events (id, type, outcome, data, kept, occurred_at)
     VALUES (gen_random_uuid(), $1, 'SUCCESS', $2, true, now() - make_interval(secs => $3))`,
    [type, data, secondsAgo],
  );
}

import { expect, test } from '@jest/globals';
import { newId, type ServiceClientId, type SessionId } from '../../src/core/ids.ts';
import type { Revocation } from '../../src/core/revocation.ts';
import { type RevocationNews, RevocationStreams, Revocations } from '../../src/modules/revocations/index.ts';

const clientId = newId<ServiceClientId>();
const ofSession = (): Revocation => ({ kind: 'session', id: newId<SessionId>(), notBefore: null });

function create(recorded: readonly Revocation[] = []) {
  const revocations = new Revocations({ keepForSeconds: 300 });
  const asked: number[] = [];
  const streams = new RevocationStreams({
    feed: { isCurrent: true, lagMs: 100, catchUp: async () => undefined },
    revocations,
    store: {
      listWithin: async (seconds) => {
        asked.push(seconds);
        return [...recorded];
      },
    },
    clock: { now: () => new Date(1_800_000_000_000) },
  });
  const open = (since: number | null = null) => streams.open({ clientId, expiresAt: null, since });
  return { revocations, streams, open, asked };
}

/** The next news, up to and with a heartbeat. */
async function untilHeartbeat(news: AsyncIterableIterator<RevocationNews>): Promise<RevocationNews[]> {
  const told: RevocationNews[] = [];
  for (;;) {
    const { value, done } = await news.next();
    if (done) return told;
    told.push(value);
    if (value.kind === 'heartbeat') return told;
  }
}

test('what is recorded and what only memory knows is told once each, and then a heartbeat', async () => {
  const [known, lost] = [ofSession(), ofSession()];
  const { revocations, open } = create([known]);
  revocations.add(known);
  // The database has lost it, by a failover.
  revocations.add(lost);
  const told = await untilHeartbeat(await open());
  expect(told).toEqual([
    { kind: 'revocation', at: 0, revocation: known },
    { kind: 'revocation', at: 0, revocation: lost },
    { kind: 'heartbeat', at: 1_799_999_999_900 },
  ]);
});

test('what is revoked while it is opened and afterwards is told', async () => {
  const { revocations, open } = create();
  const news = await open();
  await untilHeartbeat(news);
  const later = ofSession();
  revocations.add(later);
  expect((await news.next()).value).toMatchObject({ kind: 'revocation', revocation: later });
});

test('however much was missed is told', async () => {
  const { open } = create(Array.from({ length: 150_000 }, ofSession));
  expect(await untilHeartbeat(await open())).toHaveLength(150_001);
});

test('since: so far back is read, and 15 seconds more; one that is ahead is none', async () => {
  const { open, asked } = create();
  await open(1_800_000_000_000 - 60_000);
  await open(1_800_000_000_001);
  expect(asked).toEqual([75, 300]);
});

test('a server that stops opens no stream, and ends those that are open', async () => {
  const { streams, open } = create();
  const news = await open();
  await untilHeartbeat(news);
  streams.endAll();
  expect((await news.next()).done).toBe(true);
  await expect(open()).rejects.toThrow('temporarily unavailable');
});

test('a stream ends when its client changes, and a client has no more than a hundred', async () => {
  const { revocations, open } = create();
  const all = await Promise.all(Array.from({ length: 100 }, () => open()));
  await expect(open()).rejects.toThrow('100 streams');
  revocations.add({ kind: 'service_client', id: clientId, notBefore: new Date() });
  for (const news of all)
    expect(await untilHeartbeat(news).then(() => news.next())).toMatchObject({ done: true });
  await open();
});

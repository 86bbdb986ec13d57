import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import type { GraphQLClient } from '../support/client.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { type SignedIn, signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';

const OWN = 100;
const ALL = 1_000;

/** The entities beside `User`: where their rows are, and all that they show. */
const entities = {
  Session: {
    table: 'sessions',
    fields: `id status current device { kind } ipAddress createdAt lastActiveAt expiresAt idleExpiresAt endedAt endReason`,
    insert: `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at)
             SELECT gen_random_uuid(), $1::uuid, '', 'BODY', now() + interval '1 day' FROM generate_series(1, $2) RETURNING id`,
  },
  PersonalAccessToken: {
    table: 'personal_access_tokens',
    fields: 'id status name scopes hint createdAt expiresAt lastUsedAt lastUsedIpAddress revokedAt',
    insert: `INSERT INTO personal_access_tokens (id, user_id, name, scopes, digest, hint, expires_at)
             SELECT gen_random_uuid(), $1::uuid, n, '{profile:read}', uuid_send(gen_random_uuid()), 'h', now() + interval '1 day'
             FROM generate_series(1, $2) AS n RETURNING id`,
  },
} as const;

type EntityName = keyof typeof entities;
const names = Object.keys(entities) as EntityName[];

let owner: SignedIn;
let stranger: SignedIn;
let admin: GraphQLClient;
const own: Record<EntityName, string[]> = { Session: [], PersonalAccessToken: [] };
const foreign: Record<EntityName, string[]> = { Session: [], PersonalAccessToken: [] };

const latchkey = useTestApp({ env: { MAX_PERSONAL_ACCESS_TOKENS: '1000' } });
beforeAll(async () => {
  [owner] = await signIn(latchkey, 1);
  [stranger] = await signIn(latchkey, 1);
  admin = await signInAdministrator(latchkey);
  const insert = async (name: EntityName, userId: string, count: number) => {
    const rows = await runSql(latchkey.databaseUrl, entities[name].insert, [userId, count]);
    return rows.map(({ id }) => String(id));
  };
  for (const name of names) {
    own[name] = await insert(name, owner.userId, OWN);
    foreign[name] = await insert(name, stranger.userId, ALL - OWN);
  }
});

const reference = (name: string, id: unknown, more: object = {}) => ({ __typename: name, id, ...more });

const ask = (name: EntityName, fields = 'id') =>
  `query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on ${name} { ${fields} } } }`;

/** What a caller gets for references, and the reads that it took. Sessions in use are written to in the background. */
async function resolve(caller: GraphQLClient, name: EntityName, query: string, variables: object) {
  let answer: Awaited<ReturnType<GraphQLClient['send']>> | undefined;
  const statements = await statementsOn(entities[name].table, async () => {
    answer = await caller.send(query, variables);
  });
  return {
    data: answer?.data,
    errors: answer?.errors,
    reads: statements.filter((statement) => /^\s*SELECT/.test(statement)),
  };
}

describe.each(names)('a thousand references to %s', (name) => {
  const shuffled = () => {
    const ids = [...own[name], ...foreign[name]];
    return ids.map((_, i) => String(ids[(i * 389) % ids.length]));
  };

  test('cost one statement, whoever asks, and resolve to what the caller may see, in order', async () => {
    const ids = shuffled();
    const r = ids.map((id) => reference(name, id));
    const mine = new Set(own[name]);
    const script = bearing(latchkey, (await makeToken(owner.client, 'profile:read')).token);
    const reader = bearing(latchkey, (await makeToken(owner.client, 'sessions:read', 'tokens:read')).token);
    const callers: [GraphQLClient, (id: string) => boolean][] = [
      [admin, () => true],
      [owner.client, (id) => mine.has(id)],
      [stranger.client, (id) => !mine.has(id)],
      [reader, (id) => mine.has(id)],
      [script, () => false],
      [latchkey.client(), () => false],
    ];
    for (const [caller, maySee] of callers) {
      // A token that is not known yet is read as well.
      await caller.data('{ me { id } }');
      const { data, errors, reads } = await resolve(caller, name, ask(name, entities[name].fields), { r });
      expect(errors).toEqual([]);
      expect(data._entities.map((entity: { id: string } | null) => entity?.id ?? null)).toEqual(
        ids.map((id) => (maySee(id) ? id : null)),
      );
      expect(reads).toHaveLength(1);
    }
  });

  test('over five fields cost one statement too', async () => {
    const ids = shuffled();
    const parts = Array.from({ length: 5 }, (_, i) => ids.slice(i * 200, (i + 1) * 200));
    const variables = Object.fromEntries(
      parts.map((part, i) => [`r${i}`, part.map((id) => reference(name, id))]),
    );
    const declared = parts.map((_, i) => `$r${i}: [_Any!]!`).join();
    const fields = parts.map((_, i) => `e${i}: _entities(representations: $r${i}) { ... on ${name} { id } }`);
    const { data, errors, reads } = await resolve(
      admin,
      name,
      `query (${declared}) { ${fields.join(' ')} }`,
      variables,
    );
    expect(errors).toEqual([]);
    expect(Object.values(data).flatMap((list) => (list as { id: string }[]).map(({ id }) => id))).toEqual(
      ids,
    );
    expect(reads).toHaveLength(1);
  });

  test('with their users cost one statement more, on users', async () => {
    const r = shuffled().map((id) => reference(name, id));
    const users = await statementsOn('users', async () => {
      const { data, reads } = await resolve(admin, name, ask(name, 'id user { id username email }'), { r });
      expect(reads).toHaveLength(1);
      const ids = new Set(data._entities.map(({ user }: { user: { id: string } }) => user.id));
      expect(ids).toEqual(new Set([owner.userId, stranger.userId]));
    });
    expect(users).toHaveLength(1);
  });
});

describe.each(names)('a reference to %s', (name) => {
  test('that is foreign is not told from one that is missing', async () => {
    const some = (ids: string[]) => ids.slice(0, 3).map((id) => reference(name, id));
    for (const caller of [owner.client, latchkey.client()]) {
      const answers = [];
      for (const r of [some(foreign[name]), some([randomUUID(), randomUUID(), randomUUID()])]) {
        const { status, data, errors } = await caller.send(ask(name, entities[name].fields), { r });
        answers.push({ status, data, errors });
      }
      expect(answers[0]).toEqual({ status: 200, data: { _entities: [null, null, null] }, errors: [] });
      expect(answers[1]).toEqual(answers[0]);
    }
  });

  test('with a bad credential resolves to nothing', async () => {
    const caller = bearing(latchkey, 'nonsense');
    const { data } = await caller.send(ask(name), { r: [reference(name, own[name][0])] });
    expect(data._entities).toEqual([null]);
  });

  test('that is junk is null and harms no other', async () => {
    const [id = ''] = own[name];
    const junk = [
      reference(name, null),
      { __typename: name },
      ...[1, true, [id], { $ne: null }, "' OR 1=1 --", '\u0000', '', ` ${id}`, 'f'.repeat(10_000)].map(
        (value) => reference(name, value),
      ),
      { __typename: name.toLowerCase(), id },
      { __typename: `${name}Connection`, id },
      { id },
      id,
      [reference(name, id)],
    ];
    const r = junk.flatMap((each) => [each, reference(name, id)]);
    const { data, errors } = await owner.client.send(ask(name), { r });
    expect(errors).toEqual([]);
    expect(data._entities).toEqual(junk.flatMap(() => [null, reference(name, id)]));
  });

  test('tells nothing by what it holds beside the key, and the key names its own kind alone', async () => {
    const [id = ''] = own[name];
    const planted = {
      user: { id: stranger.userId },
      userId: stranger.userId,
      name: 'planted',
      hint: 'planted',
    };
    const { data } = await owner.client.send(ask(name, `${entities[name].fields} user { id }`), {
      r: [reference(name, id, planted), reference(name, id.toUpperCase())],
    });
    expect(data._entities[0]).toMatchObject({ id, user: { id: owner.userId } });
    expect(data._entities[1]).toMatchObject({ id });
    expect(JSON.stringify(data)).not.toContain('planted');
    for (const other of [...names.filter((each) => each !== name), 'User']) {
      const answer = await owner.client.data(ask(name), { r: [reference(other, id)] });
      expect(answer._entities).toEqual([null]);
    }
  });
});

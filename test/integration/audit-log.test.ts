import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventCatalogue } from '../../src/app/features/index.ts';
import type { EventType } from '../../src/core/events.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN } from '../support/client.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { errorCodeOf, type SignedIn, signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsDuring } from '../support/statements.ts';

const LIST = `query ($filter: AuthEventFilter, $first: Int! = 20, $after: String) {
  authEvents(filter: $filter, first: $first, after: $after) {
    edges { cursor node { id } }
    nodes { id type outcome actorId subjectId clientId sessionId requestId ipAddress userAgent occurredAt details }
    pageInfo { hasNextPage endCursor } } }`;
const COUNT = 'query ($filter: AuthEventFilter) { authEvents(filter: $filter, first: 1) { totalCount } }';

const HOSTILE_AGENT = 'Evil/1.0 \u009b31m \u0085 "; DROP';

interface Event {
  readonly id: string;
  readonly type: EventType;
  readonly outcome: string;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly sessionId: string | null;
  readonly requestId: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly occurredAt: string;
  readonly details: Record<string, unknown>;
}

interface Filter {
  readonly subjectId?: string | null;
  readonly actorId?: string | null;
  readonly types?: readonly string[] | null;
  readonly outcome?: string | null;
  readonly since?: string | null;
  readonly until?: string | null;
}

const latchkey = useTestApp();
let admin: GraphQLClient;
let adminId: string;
let owner: SignedIn;
let stranger: SignedIn;

beforeAll(async () => {
  admin = await signInAdministrator(latchkey);
  adminId = (await admin.data('{ me { id } }')).me.id;
  [owner] = await signIn(latchkey, 1);
  [stranger] = await signIn(latchkey, 1);
});

const list = async (client: GraphQLClient, filter: Filter | null = null, first = 100): Promise<Event[]> =>
  (await client.data(LIST, { filter, first })).authEvents.nodes;

const typesOf = (events: readonly Event[]) => events.map(({ type }) => type);

describe('the events of an account', () => {
  test('are shown to their owner, newest first, with what happened and from where', async () => {
    const { email } = (await owner.client.data('{ me { email } }')).me;
    const input = { identifier: email, password: 'not the right password' };
    await latchkey.client().send(LOGIN, { input }, { 'user-agent': HOSTILE_AGENT });
    const [failed, ...before] = await list(owner.client);
    expect(failed).toMatchObject({
      type: 'user.login_failed',
      outcome: 'FAILURE',
      actorId: null,
      subjectId: owner.userId,
      clientId: null,
      sessionId: null,
      ipAddress: '127.0.0.1',
      userAgent: expect.stringContaining('Evil/1.0'),
      requestId: expect.any(String),
      details: {},
    });
    expect(typesOf(before).sort()).toEqual([
      'session.created',
      'user.email_verification_sent',
      'user.registered',
    ]);
    const created = before.find(({ type }) => type === 'session.created');
    expect(created).toMatchObject({ actorId: owner.userId, sessionId: owner.id });
    expect(created?.details).toMatchObject({ userId: owner.userId, sessionId: owner.id });
  });

  test('are those of the owner without a filter, and with any that does not name somebody else', async () => {
    for (const filter of [null, {}, { subjectId: null }, { subjectId: owner.userId.toUpperCase() }])
      expect(new Set((await list(owner.client, filter)).map(({ subjectId }) => subjectId))).toEqual(
        new Set([owner.userId]),
      );
    expect(await list(owner.client, { actorId: stranger.userId })).toEqual([]);
    const own = await list(owner.client, { actorId: owner.userId, outcome: 'SUCCESS' });
    expect(typesOf(own).sort()).toEqual(['session.created', 'user.registered']);
  });

  test('are refused to a stranger, an anonymous caller, and a token without the scope', async () => {
    const ofOwner = { filter: { subjectId: owner.userId } };
    expect(await errorCodeOf(stranger.client.send(LIST, ofOwner))).toBe('FORBIDDEN');
    expect(await errorCodeOf(latchkey.client().send(LIST))).toBe('UNAUTHENTICATED');
    const all = ['profile:read', 'sessions:read', 'tokens:read'];
    for (const missing of all) {
      const scopes = all.filter((scope) => scope !== missing);
      const script = bearing(latchkey, (await makeToken(owner.client, ...scopes)).token);
      expect(await errorCodeOf(script.send(LIST))).toBe('FORBIDDEN');
    }
    const reader = bearing(latchkey, (await makeToken(owner.client, ...all)).token);
    expect(typesOf(await list(reader))).toContain('personal_access_token.created');
    expect(await errorCodeOf(reader.send(LIST, { filter: { subjectId: adminId } }))).toBe('FORBIDDEN');
  });

  test('are shown to an auditor, those of everyone and of nobody included', async () => {
    const auditor = bearing(latchkey, (await makeToken(admin, 'audit:read')).token);
    const subjects = new Set((await list(auditor)).map(({ subjectId }) => subjectId));
    for (const id of [owner.userId, stranger.userId, adminId]) expect(subjects).toContain(id);
    const input = { identifier: 'nobody@example.com', password: 'not the right password' };
    await latchkey.client().send(LOGIN, { input });
    expect((await list(auditor))[0]).toMatchObject({ type: 'user.login_failed', subjectId: null });
    expect(await errorCodeOf(auditor.send('{ me { email } }'))).toBe('FORBIDDEN');
  });
});

describe('what an administrator did', () => {
  const REVOKE = 'mutation ($id: ID!) { revokePersonalAccessToken(id: $id) { __typename } }';
  const TERMINATE = 'mutation ($userId: ID!) { terminateUserSessions(userId: $userId) { count } }';
  const USERS =
    'query ($filter: AuthEventFilter) { authEvents(filter: $filter) { nodes { type actor { id username } subject { id username } } } }';

  test('is shown to the owner, with the administrator, but not from where', async () => {
    const [{ client, userId, id }, { client: other }] = await signIn(latchkey, 2);
    const { id: tokenId } = await makeToken(client, 'profile:read');
    await admin.data(REVOKE, { id: tokenId });
    const types = ['personal_access_token.revoked', 'session.terminated'];
    expect(await list(client, { types })).toMatchObject([
      {
        type: types[0],
        actorId: adminId,
        sessionId: null,
        requestId: null,
        ipAddress: null,
        userAgent: null,
      },
    ]);
    const [seen] = await list(admin, { types, subjectId: userId });
    expect(seen).toMatchObject({ actorId: adminId, ipAddress: '127.0.0.1' });
    expect([seen?.sessionId, seen?.requestId]).not.toContain(null);

    await admin.data(TERMINATE, { userId });
    await client.send('{ me { id } }');
    const { email } = (await admin.data('query ($id: ID!) { user(id: $id) { email } }', { id: userId })).user;
    await other.login({ identifier: email, password: 'correct horse battery staple' });
    const ended = await list(other, { types: ['session.terminated'] });
    // That of a session which the event is about is shown.
    expect(ended.map(({ sessionId }) => sessionId)).toContain(id);
    for (const { ipAddress, requestId } of ended) expect([ipAddress, requestId]).toEqual([null, null]);
  });

  test('names both users, and none whose account was deleted', async () => {
    const [{ client, userId }] = await signIn(latchkey, 1);
    await admin.data(TERMINATE, { userId });
    const filter = { subjectId: userId, types: ['session.terminated'] };
    const { username } = (await admin.data('query ($id: ID!) { user(id: $id) { username } }', { id: userId }))
      .user;
    const read = async () => (await admin.data(USERS, { filter })).authEvents.nodes;
    expect(await read()).toMatchObject([{ actor: { id: adminId }, subject: { id: userId, username } }]);
    await runSql(latchkey.databaseUrl, 'DELETE FROM users WHERE id = $1', [userId]);
    expect(await read()).toMatchObject([{ actor: { id: adminId }, subject: null }]);
    expect((await client.send(LIST)).errors).toHaveLength(1);
  });
});

describe('filters and pages', () => {
  let subjects: string[];
  let rows: Event[];

  beforeAll(async () => {
    const made = await runSql(
      latchkey.databaseUrl,
      'SELECT gen_random_uuid() AS id FROM generate_series(1, 3)',
    );
    subjects = made.map(({ id }) => String(id));
    // Few moments, which many events share; some are not kept.
    await runSql(
      latchkey.databaseUrl,
      `INSERT INTO events (id, type, outcome, actor_id, subject_id, kept, occurred_at)
       SELECT gen_random_uuid(), type, CASE WHEN type LIKE '%_failed' THEN 'FAILURE' ELSE 'SUCCESS' END,
         (ARRAY[$1::uuid[][1], $1::uuid[][2], NULL])[1 + n % 3], ($1::uuid[])[1 + n % 4 % 3], n % 10 > 0,
         '2020-01-01T00:00:00Z'::timestamptz + (n % 7) * interval '1 hour'
       FROM generate_series(1, 300) AS n,
         LATERAL (SELECT (ARRAY['user.login', 'user.login_failed', 'user.logout', 'session.terminated'])[1 + n % 5 % 4] AS type) AS t`
        .replaceAll('$1::uuid[][1]', '($1::uuid[])[1]')
        .replaceAll('$1::uuid[][2]', '($1::uuid[])[2]'),
      [subjects],
    );
    const found = await runSql(
      latchkey.databaseUrl,
      `SELECT id, type, outcome, actor_id AS "actorId", subject_id AS "subjectId", occurred_at AS "occurredAt"
       FROM events WHERE kept ORDER BY occurred_at DESC, id DESC`,
    );
    rows = found.map((row) => ({ ...row, occurredAt: (row['occurredAt'] as Date).toISOString() })) as never;
  });

  const matches = (event: Event, { subjectId, actorId, types, outcome, since, until }: Filter) =>
    (subjectId == null || event.subjectId === subjectId) &&
    (actorId == null || event.actorId === actorId) &&
    (types == null || types.includes(event.type)) &&
    (outcome == null || event.outcome === outcome) &&
    (since == null || event.occurredAt >= since) &&
    (until == null || event.occurredAt < until);

  test('are exact for every combination, however many events share a moment, by few statements', async () => {
    const now = new Date().toISOString();
    const choices: { [K in keyof Filter]-?: readonly Filter[K][] } = {
      subjectId: [null, subjects[0] as string],
      actorId: [null, subjects[0] as string, subjects[1] as string],
      types: [null, ['user.login', 'user.login_failed'], []],
      outcome: [null, 'FAILURE'],
      since: [null, '2020-01-01T02:00:00.000Z'],
      until: [now, '2020-01-01T05:00:00.000Z'],
    };
    let filters: Filter[] = [{}];
    for (const [name, values] of Object.entries(choices))
      filters = filters.flatMap((filter) => values.map((value) => ({ ...filter, [name]: value })));
    const statements = await statementsDuring(async () => {
      for (const filter of filters) {
        const expected = rows.filter((row) => matches(row, filter)).map(({ id }) => id);
        expect({ filter, read: await readAll(filter) }).toEqual({ filter, read: expected });
      }
    });
    expect(new Set(statements.filter((sql) => sql.includes('ORDER BY occurred_at'))).size).toBe(6);
  });

  test('are counted if that is asked for', async () => {
    const count = async (filter: Filter) => (await admin.data(COUNT, { filter })).authEvents.totalCount;
    for (const filter of [
      {},
      { subjectId: subjects[0] as string, outcome: 'FAILURE' },
      { actorId: subjects[0] as string, types: ['user.login', 'user.logout'] },
    ]) {
      const until = new Date().toISOString();
      const counted = await count({ ...filter, until });
      expect(counted).toBe((await readAll({ ...filter, until })).length);
    }
  });

  async function readAll(filter: Filter): Promise<string[]> {
    const read: string[] = [];
    let after: string | null = null;
    do {
      const { authEvents: page } = await admin.data(LIST, { filter, first: 100, after });
      read.push(...page.nodes.map(({ id }: Event) => id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    return read;
  }

  test('start after any event, in the middle of a moment too', async () => {
    const filter = { subjectId: subjects[0] ?? null, types: ['user.login', 'user.logout'] };
    const { edges } = (await admin.data(LIST, { filter, first: 60 })).authEvents;
    for (const [index, { cursor }] of edges.slice(0, -1).entries()) {
      const { nodes } = (await admin.data(LIST, { filter, first: 1, after: cursor })).authEvents;
      expect(nodes[0]?.id).toBe(edges[index + 1]?.node.id);
    }
  });

  test.each([
    ['an unknown type', { types: ['user.login', 'user.teleported'] }],
    ['a type that is not kept', { types: ['token.refreshed'] }],
    ['the name of a property', { types: ['constructor'] }],
    ['a subject that is no id', { subjectId: 'ada' }],
    ['an actor that is no id', { actorId: "' OR true --" }],
  ])('are refused with %s', async (_what, filter) => {
    expect(await errorCodeOf(admin.send(LIST, { filter }))).toBe('BAD_USER_INPUT');
  });
});

test('every type that is recorded has one outcome, by which the filter finds it', async () => {
  const recorded = await runSql(
    latchkey.databaseUrl,
    "SELECT DISTINCT type, outcome FROM events WHERE occurred_at > now() - interval '1 day'",
  );
  expect(recorded.length).toBeGreaterThan(5);
  for (const { type, outcome } of recorded) expect(outcome).toBe(eventCatalogue[type as EventType].outcome);
});

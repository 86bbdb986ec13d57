import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN, newAccount } from '../support/client.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { errorCodeOf, signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const LIST = `query ($filter: UserFilter, $first: Int! = 20, $after: String) {
  users(filter: $filter, first: $first, after: $after) {
    edges { cursor node { id } } nodes { id email lockedUntil }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`;

interface Row {
  readonly id: string;
  readonly email: string;
  readonly username: string | null;
  readonly name: string | null;
  readonly accountStatus: string;
  readonly emailVerified: boolean;
  readonly roles: readonly string[];
}

let admin: GraphQLClient;
let rows: Row[];

const latchkey = useTestApp({
  env: { LOCKOUT_FAILURES: '2', ROLES: '{"user":[],"admin":["users:read"],"support":[]}' },
});
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

const NAMES = ['Ada Lovelace', 'ÉMILE ZOLA', 'Ｗide Name', '100% Real_Name', 'back\\slash', 'Σίσυφος', null];

beforeAll(async () => {
  admin = await signInAdministrator(latchkey);
  // Many of one time, so that only the id orders them.
  await sql(
    `INSERT INTO users (id, email, email_key, email_verified, username, username_key, name, roles, account_status, created_at)
     SELECT gen_random_uuid(), 'Person' || n || '@sub.example.org', 'person' || n || '@sub.example.org', n % 3 = 0,
       'Nick_' || n, 'nick_' || n, ($1::text[])[1 + n % 7],
       CASE n % 5 WHEN 0 THEN '{user,support}' ELSE '{user}' END::text[], CASE n % 4 WHEN 0 THEN 'DISABLED' ELSE 'ACTIVE' END,
       date_trunc('minute', now()) - (n % 4) * interval '1 hour'
     FROM generate_series(1, 150) AS n`,
    [NAMES],
  );
  rows = (await sql(
    `SELECT id, email, username, name, account_status AS "accountStatus", email_verified AS "emailVerified", roles
     FROM users ORDER BY created_at DESC, id DESC`,
  )) as unknown as Row[];
});

const list = async (variables: object) => (await admin.data(LIST, variables)).users;

async function listAll(filter: object | null, first: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const { nodes, edges, pageInfo, totalCount } = await list({ filter, first, after });
    expect(edges.map(({ node }: { node: Row }) => node.id)).toEqual(nodes.map(({ id }: Row) => id));
    expect(pageInfo).toMatchObject({
      hasPreviousPage: after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    });
    ids.push(...nodes.map(({ id }: Row) => id));
    after = pageInfo.endCursor;
    if (pageInfo.hasNextPage) continue;
    expect(totalCount).toBe(ids.length);
    return ids;
  }
}

const idsOf = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id);
const emailsFound = async (search: string) =>
  (await list({ filter: { search }, first: 100 })).nodes.map(({ email }: Row) => email);

describe('the list of users', () => {
  test('has them all, newest first, page by page without gaps or repeats where times are equal', async () => {
    for (const first of [13, 100]) expect(await listAll(null, first)).toEqual(idsOf(rows));
  });

  test('is filtered by each condition, and by all of them together', async () => {
    let nonempty = 0;
    for (const search of [null, 'person1', 'lOvElAcE'])
      for (const accountStatus of [null, 'ACTIVE', 'DISABLED'])
        for (const role of [null, 'support', 'nobody'])
          for (const emailVerified of [null, true, false]) {
            const filter = { search, accountStatus, role, emailVerified, locked: false };
            const expected = rows.filter(
              (row) =>
                (search === null ||
                  `${row.email} ${row.name}`.toLowerCase().includes(search.toLowerCase())) &&
                (accountStatus === null || row.accountStatus === accountStatus) &&
                (role === null || row.roles.includes(role)) &&
                (emailVerified === null || row.emailVerified === emailVerified),
            );
            const { nodes, totalCount } = await list({ filter, first: 100 });
            const found = { filter, ids: idsOf(nodes), totalCount };
            expect(found).toEqual({
              filter,
              ids: idsOf(expected).slice(0, 100),
              totalCount: expected.length,
            });
            if (expected.length > 0) nonempty += 1;
          }
    expect(nonempty).toBeGreaterThan(25);
  });
});

describe('a search', () => {
  test.each([
    ['a part of an address', 'N17@SUB.ex', 1],
    ['a part of a username', 'ick_17', 1],
    ['a part of a name', 'lovel', 21],
    ['a name in other case, not only of ASCII', 'émile', 22],
    ['what is typed in another width', 'ａｄａ love', 21],
    ['a name that was typed so', 'wide', 22],
    ['any form of a sigma', 'ΊΣΥΦΟΣ', 21],
    ['a percent sign', '100%', 22],
    ['no other character by a percent sign', '100%R', 0],
    ['an underscore', 'real_name', 22],
    ['no other character by an underscore', 'ada_lovelace', 0],
    ['a backslash', 'back\\slash', 21],
    ['spaces around it', '  lovelace ', 21],
    ['nothing across the border of two names', 'orgnick', 0],
    ['nothing by how the text is kept', 'qnick', 0],
    ['beginnings by two letters', 'ni', 150],
    ['no middle by two letters', 'ov', 0],
    ['beginnings by one letter', 'b', 21],
    ['beginnings by other characters', '_', 0],
  ])('finds %s: %s', async (_what, search, count) => {
    const { totalCount, nodes } = await list({ filter: { search }, first: 100 });
    expect([totalCount, nodes.length]).toEqual([count, Math.min(count, 100)]);
  });

  test('finds an address by its domain as people read it, and as it is sent', async () => {
    const { email } = (await latchkey.client().signup({ email: 'Post@Bücher.example' })).user;
    for (const search of ['bücher', 'xn--bcher-kva']) expect(await emailsFound(search)).toEqual([email]);
  });

  test('finds what none of the newest ten thousand has, and pages on', async () => {
    await sql(
      `INSERT INTO users (id, email, email_key, roles, created_at)
       SELECT gen_random_uuid(), n || '@new.example', n || '@new.example', '{user}', now() FROM generate_series(1, 10100) AS n`,
    );
    const old = rows.filter(({ name }) => name === 'Ada Lovelace');
    expect(await listAll({ search: 'Lovelace' }, 8)).toEqual(idsOf(old));
    await sql("DELETE FROM users WHERE email LIKE '%@new.example'");
  });

  test.each([
    ['blank text', { search: ' ' }],
    ['control characters', { search: 'a\u0000b' }],
    ['a line break', { search: 'org\nq' }],
    ['half a character', { search: '\ud800' }],
    ['too much text', { search: 'x'.repeat(255) }],
    ['no role', { role: '' }],
    ['a role with a control character', { role: 'a\u0000' }],
  ])('is not of %s', async (_what, filter) => {
    expect(await errorCodeOf(admin.send(LIST, { filter }))).toBe('BAD_USER_INPUT');
  });
});

describe('the locked users', () => {
  const guess = async (identifier: string) => {
    const input = { identifier, password: 'not the right one' };
    for (const _ of [1, 2]) await latchkey.client().data(LOGIN, { input });
  };
  const locked = async () =>
    (await list({ filter: { locked: true }, first: 100 })).nodes as { id: string; lockedUntil: unknown }[];

  test('are those who have a lock now, by any of their names, wherever the names come from', async () => {
    const [byEmail, byUsername, nextEmail] = [newAccount(), newAccount(), newAccount()];
    const users = [];
    for (const account of [byEmail, byUsername]) users.push((await latchkey.client().signup(account)).user);
    await guess(byEmail.email);
    await guess(byUsername.username);
    // Locked while nobody has it.
    await guess(nextEmail.email);
    const renamed = latchkey.client();
    users.push((await renamed.signup(nextEmail)).user);
    const found = await locked();
    expect(idsOf(found)).toEqual(users.map(({ id }) => id).reverse());
    expect(found.filter(({ lockedUntil }) => lockedUntil === null)).toEqual([]);
    expect(await listAll({ locked: true }, 1)).toEqual(idsOf(found));
    expect(await listAll({ locked: false }, 100)).toEqual(await notLocked());
  });

  test('are no longer those whose name is another’s now', async () => {
    const [owner, next] = [newAccount(), newAccount()];
    const client = latchkey.client();
    const { user } = await client.signup(owner);
    await guess(owner.username);
    expect(idsOf(await locked())).toContain(user.id);
    const rename = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }';
    await client.data(rename, { input: { username: next.username } });
    expect(idsOf(await locked())).not.toContain(user.id);
    await client.data(rename, { input: { username: owner.username } });
    expect(idsOf(await locked())).toContain(user.id);
    await sql("UPDATE lockouts SET locked_until = now() - interval '1 second'");
    expect(await locked()).toEqual([]);
  });

  async function notLocked(): Promise<string[]> {
    const all = await listAll(null, 100);
    const ids = new Set(idsOf(await locked()));
    return all.filter((id) => !ids.has(id));
  }
});

test('only who holds users:read lists users, by a session or by a token', async () => {
  const [{ client: plain }] = await signIn(latchkey, 1);
  const reader = bearing(latchkey, (await makeToken(admin, 'users:read')).token);
  const other = bearing(latchkey, (await makeToken(admin, 'profile:read')).token);
  expect((await reader.data(LIST)).users.nodes).toHaveLength(20);
  for (const [caller, code] of [
    [plain, 'FORBIDDEN'],
    [other, 'FORBIDDEN'],
    [latchkey.client(), 'UNAUTHENTICATED'],
  ] as const) {
    const { data, errors } = await caller.send(LIST, { filter: { search: 'person' } });
    expect([data.users, errors.map(({ extensions }) => extensions['code'])]).toEqual([null, [code]]);
  }
});

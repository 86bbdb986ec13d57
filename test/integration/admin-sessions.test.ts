import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import type { GraphQLClient } from '../support/client.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { errorCodeOf, signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';

const LIST = `query ($filter: SessionFilter, $first: Int! = 20, $after: String) {
  sessions(filter: $filter, first: $first, after: $after) {
    edges { cursor node { id } } nodes { id status ipAddress user { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`;

interface Row {
  readonly id: string;
  readonly userId: string;
  readonly ipAddress: string | null;
  readonly lastActiveAt: Date;
  readonly live: boolean;
  readonly ended: boolean;
}

interface Filter {
  readonly userId?: string | null;
  readonly status?: 'ACTIVE' | 'ENDED' | null;
  readonly ipAddress?: string | null;
  readonly activeSince?: string | null;
}

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string; readonly status: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

/** Moments of activity that many sessions share: ties are the rule, so only the id tells them apart. */
const MOMENTS = ['3 hours', '2 hours', '1 hour'];

let admin: GraphQLClient;
let users: string[];
let rows: Row[];

const latchkey = useTestApp();
beforeAll(async () => {
  admin = await signInAdministrator(latchkey);
  const made = await runSql(
    latchkey.databaseUrl,
    `INSERT INTO users (id, email, email_key, roles)
     SELECT gen_random_uuid(), n || '@example.org', n || '@example.org', '{user}' FROM generate_series(1, 3) AS n RETURNING id`,
  );
  users = made.map(({ id }) => String(id));
  // Good ones, ended ones, and ones that are over and have not been swept; from five addresses and from nowhere.
  await runSql(
    latchkey.databaseUrl,
    `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, ip_address, last_active_at, expires_at, ended_at, end_reason)
     SELECT gen_random_uuid(), ($1::uuid[])[1 + n % 3], '', 'BODY',
       ('{192.0.2.1,192.0.2.2,2001:db8::1,::1,10.0.0.1,NULL}'::inet[])[1 + n % 6],
       date_trunc('second', now()) - ($2::interval[])[1 + n % 7 % 3],
       CASE WHEN n % 11 = 0 THEN now() - interval '1 minute' ELSE now() + interval '1 day' END,
       CASE WHEN n % 5 < 2 THEN now() END, CASE WHEN n % 5 < 2 THEN 'LOGOUT' END
     FROM generate_series(1, 420) AS n`,
    [users, MOMENTS],
  );
  const found = await runSql(
    latchkey.databaseUrl,
    `SELECT id, user_id AS "userId", host(ip_address) AS "ipAddress", last_active_at AS "lastActiveAt",
       ended_at IS NULL AND expires_at > now() AS live, ended_at IS NOT NULL AS ended
     FROM sessions ORDER BY last_active_at DESC, id DESC`,
  );
  rows = found as unknown as Row[];
});

async function list(variables: object): Promise<Page> {
  return (await admin.data(LIST, variables)).sessions;
}

async function listAll(filter: Filter | null, first: number): Promise<{ ids: string[]; pages: Page[] }> {
  const pages: Page[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page = await list({ filter, first, after });
    pages.push(page);
    after = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage)
      return { ids: pages.flatMap(({ nodes }) => nodes.map(({ id }) => id)), pages };
  }
}

/** What the filter means, said once more. */
function expected({ userId, status, ipAddress, activeSince }: Filter): string[] {
  return rows
    .filter((row) => userId == null || row.userId === userId)
    .filter((row) => ipAddress == null || row.ipAddress === ipAddress)
    .filter((row) => activeSince == null || row.lastActiveAt >= new Date(activeSince))
    .filter((row) => status == null || (status === 'ACTIVE' ? row.live : row.ended))
    .map(({ id }) => id);
}

describe('the list of everyone’s sessions', () => {
  const middle = () => rows[Math.floor(rows.length / 2)] as Row;

  test('has them all, newest activity first, page by page without gaps or repeats where times are equal', async () => {
    expect(new Set(rows.map(({ lastActiveAt }) => lastActiveAt.getTime())).size).toBeLessThan(10);
    for (const first of [1, 7, 100]) {
      const some = first === 1 ? { userId: users[0] as string, ipAddress: '192.0.2.1' } : {};
      const { ids, pages } = await listAll(some, first);
      expect(ids).toEqual(expected(some));
      expect(ids.length).toBeGreaterThan(first * 3);
      for (const [i, { edges, nodes, pageInfo, totalCount }] of pages.entries()) {
        expect(edges.map(({ node }) => node.id)).toEqual(nodes.map(({ id }) => id));
        expect(totalCount).toBe(ids.length);
        expect(pageInfo).toEqual({
          hasPreviousPage: i > 0,
          hasNextPage: i < pages.length - 1,
          startCursor: edges[0]?.cursor,
          endCursor: edges.at(-1)?.cursor,
        });
      }
    }
  });

  test('is filtered by each condition, and by all of them together', async () => {
    const since = middle().lastActiveAt.toISOString();
    let nonempty = 0;
    for (const userId of [null, users[0] as string]) {
      for (const status of [null, 'ACTIVE', 'ENDED'] as const) {
        for (const ipAddress of [null, '192.0.2.1', '2001:db8::1']) {
          for (const activeSince of [null, since]) {
            const filter = { userId, status, ipAddress, activeSince };
            const { ids, pages } = await listAll(filter, 50);
            expect({ filter, ids }).toEqual({ filter, ids: expected(filter) });
            expect(pages[0]?.totalCount).toBe(ids.length);
            if (ids.length > 0) nonempty += 1;
          }
        }
      }
    }
    expect(nonempty).toBeGreaterThan(20);
  });

  test('has what happened at the very moment that is asked for, and nothing that happened before', async () => {
    const { lastActiveAt } = middle();
    const at = (ms: number) => ({ activeSince: new Date(lastActiveAt.getTime() + ms).toISOString() });
    const [before, exactly, after] = await Promise.all([-1, 0, 1].map((ms) => list({ filter: at(ms) })));
    expect(exactly?.totalCount).toBe(before?.totalCount);
    expect(after?.totalCount).toBeLessThan(Number(exactly?.totalCount));
    expect(after?.totalCount).toBe(expected(at(1)).length);
  });

  test('has those that are good, or have been ended; what is over and not yet swept is in neither list', async () => {
    const [active, ended, all] = await Promise.all(
      [{ status: 'ACTIVE' }, { status: 'ENDED' }, {}].map((filter) => list({ filter, first: 100 })),
    );
    expect(new Set(active?.nodes.map(({ status }) => status))).toEqual(new Set(['ACTIVE']));
    expect(new Set(ended?.nodes.map(({ status }) => status))).toEqual(new Set(['ENDED']));
    const unswept = rows.filter((row) => !row.live && !row.ended).length;
    expect(unswept).toBeGreaterThan(0);
    expect(Number(active?.totalCount) + Number(ended?.totalCount) + unswept).toBe(all?.totalCount);
  });

  test.each([
    ['an IPv4 address within IPv6', '::ffff:192.0.2.1', '192.0.2.1'],
    ['an IPv6 address in full', '2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['one with a zone', '::1%eth0', '::1'],
  ])('is filtered by an address however it is written: %s', async (_how, written, canonical) => {
    const { totalCount } = await list({ filter: { ipAddress: written } });
    expect(totalCount).toBe(expected({ ipAddress: canonical }).length);
    expect(totalCount).toBeGreaterThan(0);
  });

  test('is empty for whom there is none', async () => {
    for (const filter of [{ userId: '00000000-0000-4000-8000-000000000000' }, { ipAddress: '203.0.113.1' }]) {
      expect(await list({ filter })).toMatchObject({
        nodes: [],
        totalCount: 0,
        pageInfo: { hasNextPage: false, startCursor: null },
      });
    }
  });

  test('costs one statement on sessions, and one more where the count is selected', async () => {
    const reads = async (fields: string) => {
      const query = `{ sessions { ${fields} } }`;
      const statements = await statementsOn('sessions', () => admin.data(query));
      return statements.filter((statement) => /^\s*SELECT/.test(statement)).length;
    };
    expect([await reads('nodes { id user { id email } }'), await reads('nodes { id } totalCount')]).toEqual([
      1, 2,
    ]);
  });
});

describe('what is no filter', () => {
  test.each([
    ['no id', { userId: 'me' }],
    ['an empty id', { userId: '' }],
    ['an id that would widen it', { userId: "' OR true --" }],
    ['no address', { ipAddress: 'localhost' }],
    ['a network', { ipAddress: '10.0.0.0/8' }],
    ['an empty address', { ipAddress: '' }],
    ['no time', { activeSince: 'yesterday' }],
    ['a date alone', { activeSince: '2026-01-01' }],
    ['an empty time', { activeSince: '' }],
    ['no status', { status: 'EXPIRED' }],
    ['a list', { userId: [['x']] }],
    ['an operator', { userId: { $ne: null } }],
    ['something unknown', { email: 'x' }],
  ])('is BAD_USER_INPUT and not everything, nor nothing: %s', async (_what, filter) => {
    const answer = await admin.send(LIST, { filter });
    expect(answer.data?.sessions ?? null).toBeNull();
    expect([...new Set(answer.errors.map(({ extensions }) => extensions['code']))]).toEqual([
      'BAD_USER_INPUT',
    ]);
  });

  test.each([{ first: 0 }, { first: -1 }, { first: 101 }, { after: '' }, { after: 'bm9uc2Vuc2U' }])(
    'nor a page: %j',
    async (page) => {
      expect(await errorCodeOf(admin.send(LIST, page))).toBe('BAD_USER_INPUT');
    },
  );
});

describe('who may list everyone’s sessions', () => {
  test('is who holds sessions:read:any, by a session or by a token', async () => {
    const [{ client: plain }] = await signIn(latchkey, 1);
    const reader = bearing(latchkey, (await makeToken(admin, 'sessions:read:any')).token);
    const other = bearing(latchkey, (await makeToken(admin, 'sessions:read', 'sessions:write:any')).token);
    expect((await reader.data(LIST)).sessions.nodes).toHaveLength(20);
    for (const [caller, code] of [
      [plain, 'FORBIDDEN'],
      [other, 'FORBIDDEN'],
      [latchkey.client(), 'UNAUTHENTICATED'],
    ] as const) {
      for (const filter of [null, { userId: users[0] }]) {
        const { data, errors } = await caller.send(LIST, { filter });
        expect([data.sessions, errors.map(({ extensions }) => extensions['code'])]).toEqual([null, [code]]);
      }
    }
  });

  test('does not read the private fields of their users by it', async () => {
    const reader = bearing(latchkey, (await makeToken(admin, 'sessions:read:any')).token);
    const filter = { userId: users[0] };
    const query =
      'query ($filter: SessionFilter) { sessions(filter: $filter, first: 1) { nodes { user { id email } } } }';
    const { data, errors } = await reader.send(query, { filter });
    expect(data.sessions.nodes).toEqual([{ user: { id: users[0], email: null } }]);
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['FORBIDDEN']);
  });
});

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import type { GraphQLClient } from '../support/client.ts';
import { errorCodeOf, signIn, signInAdministrator } from '../support/signed-in.ts';
import { rewind } from '../support/time-travel.ts';

const SESSIONS = `sessions(status: $status, first: $first, after: $after) {
  edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
const ARGUMENTS = '$status: SessionStatus, $first: Int! = 20, $after: String';
const LIST = `query (${ARGUMENTS}) { me { ${SESSIONS} totalCount } } }`;
const LIST_UNCOUNTED = `query (${ARGUMENTS}) { me { ${SESSIONS} } } }`;

const latchkey = useTestApp();

describe('the pages of a list', () => {
  test('lead from the newest activity to the oldest, each session once', async () => {
    const [a, b, c, d, e] = await signIn(latchkey, 5);
    // All but the second: so that was heard of last.
    for (const { id } of [a, c, d, e]) await rewind(latchkey.databaseUrl, id, 30);
    const listed: string[] = [];
    let after: string | null = null;
    for (const size of [2, 2, 1]) {
      const page = await list(a.client, { first: 2, after });
      expect(page.nodes).toHaveLength(size);
      expect(page.edges.map(({ node }) => node)).toEqual(page.nodes);
      expect(page.totalCount).toBe(5);
      expect(page.pageInfo).toEqual({
        hasPreviousPage: after !== null,
        hasNextPage: size === 2,
        startCursor: page.edges[0]?.cursor,
        endCursor: page.edges.at(-1)?.cursor,
      });
      listed.push(...idsOf(page));
      after = page.pageInfo.endCursor;
    }
    expect(listed).toEqual([b, e, d, c, a].map(({ id }) => id));
  });

  test('tell of no next one when the last is full', async () => {
    const [{ client }] = await signIn(latchkey, 2);
    expect((await list(client, { first: 2 })).pageInfo.hasNextPage).toBe(false);
  });

  test('of a list that is at its end are empty', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const { endCursor } = (await list(client, {})).pageInfo;
    expect(await list(client, { after: endCursor })).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
      totalCount: 1,
    });
  });

  test.each([0, -1, 101])('have 1 to 100 entries, not %d', async (first) => {
    const [{ client }] = await signIn(latchkey, 1);
    expect(await errorCodeOf(client.send(LIST, { first }))).toBe('BAD_USER_INPUT');
  });

  test.each(['', 'nonsense', toCursor('9e99 x'), toCursor("0 ' OR true"), toCursor(`${'9'.repeat(15)} 1`)])(
    'follow a cursor of ours, not %j',
    async (after) => {
      const [{ client }] = await signIn(latchkey, 1);
      expect(await errorCodeOf(client.send(LIST, { after }))).toBe('BAD_USER_INPUT');
    },
  );

  test('are counted where the count is selected, and not otherwise', async () => {
    const [{ client }] = await signIn(latchkey, 2);
    const counts = async (query: string) => (await statementsOf(() => client.data(query))).filter(isCount);
    expect(await counts(LIST)).toHaveLength(1);
    expect(await counts(LIST_UNCOUNTED)).toEqual([]);
  });
});

describe('the status of the listed sessions', () => {
  test('is good unless another is asked for', async () => {
    const [live, loggedOut, idle] = await signIn(latchkey, 3);
    await loggedOut.client.data('mutation { logout { count } }');
    // Nothing has looked at it since: the list tells that it is over all the same.
    await rewind(latchkey.databaseUrl, idle.id, 7 * 24 * 3600);
    const ids = async (variables: object) => new Set(idsOf(await list(live.client, variables)));
    const all = [live, loggedOut, idle].map(({ id }) => id);
    const unfiltered = await live.client.data('{ me { sessions { nodes { id status } totalCount } } }');
    expect(unfiltered.me.sessions).toEqual({ nodes: [{ id: live.id, status: 'ACTIVE' }], totalCount: 1 });
    expect(await ids({ status: 'ACTIVE' })).toEqual(new Set([live.id]));
    expect(await ids({ status: 'ENDED' })).toEqual(new Set([loggedOut.id, idle.id]));
    expect(await ids({ status: null })).toEqual(new Set(all));
    expect((await list(live.client, { status: 'ENDED', first: 1 })).totalCount).toBe(2);
  });
});

describe("someone else's list", () => {
  const OTHERS = 'query ($id: ID!) { user(id: $id) { id sessions { nodes { id current } totalCount } } }';

  test('is FORBIDDEN, and the rest of the answer is there', async () => {
    const [{ userId }] = await signIn(latchkey, 1);
    const [{ client: stranger }] = await signIn(latchkey, 1);
    for (const client of [stranger, latchkey.client()]) {
      const { data, errors } = await client.send(OTHERS, { id: userId });
      expect(data.user).toEqual({ id: userId, sessions: null });
      expect(errors).toMatchObject([{ path: ['user', 'sessions'], extensions: { code: 'FORBIDDEN' } }]);
    }
  });

  test('is shown to an administrator, as not their own', async () => {
    const [{ userId, id }] = await signIn(latchkey, 1);
    const administrator = await signInAdministrator(latchkey);
    const { user } = await administrator.data(OTHERS, { id: userId });
    expect(user.sessions).toEqual({ nodes: [{ id, current: false }], totalCount: 1 });
  });
});

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

async function list(client: GraphQLClient, variables: object): Promise<Connection> {
  return (await client.data(LIST, { status: 'ACTIVE', ...variables })).me.sessions;
}

const idsOf = ({ nodes }: Connection): string[] => nodes.map(({ id }) => id);

function toCursor(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** The statements that the app sends to its database meanwhile. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const note = (statement: unknown) => statements.push(String(statement));
  subscribe('latchkey:sql', note);
  try {
    await work();
  } finally {
    unsubscribe('latchkey:sql', note);
  }
  return statements;
}

const isCount = (statement: string): boolean => /count\(\*\).* FROM sessions/.test(statement);

import { beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import {
  type Answer,
  GraphQLClient,
  LOGIN,
  ME,
  newAccount,
  PASSWORD,
  REFRESH,
  SIGNUP,
} from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { freeze, postmasterOf } from '../support/frozen-postgres.ts';
import { gone } from '../support/latchkey-process.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { useOwnPostgres } from '../support/own-postgres.ts';
import { runSql } from '../support/sql.ts';

const POOL_SIZE = 10;

const account = newAccount();
const own = useOwnPostgres();
let user: GraphQLClient;

beforeAll(async () => {
  user = new GraphQLClient(own.url);
  await user.signup(account);
});

describe('a database server that was stopped', () => {
  test.each(['SIGINT', 'SIGKILL'] as const)(
    'by %s: requests are told so, and served again once it is back',
    async (signal) => {
      await openWholePool();
      const held = await loginsHeldInTransactions(3);
      const processes = [postmasterOf(own.postgres), ...(await connections())];
      process.kill(postmasterOf(own.postgres), signal);
      await Promise.all(processes.map(gone));
      await expectUnavailable([...held.logins, ...mixedRequests(30)]);
      await expectAliveButNotReady();
      await own.postgres.stop();
      const { port } = new URL(own.postgres.url);
      own.postgres = await startEmbeddedPostgres({
        dataDir: own.dataDir,
        volatile: true,
        settings: { port },
      });
      await expectRecovery();
    },
  );
});

describe('a database server that is frozen', () => {
  test('requests are told so while it is, more of them than there are connections; none is leaked', async () => {
    await openWholePool();
    const held = await loginsHeldInTransactions(3);
    const thaw = await freeze(own.postgres);
    held.letGo();
    try {
      const slowest = await expectUnavailable([...held.logins, ...mixedRequests(50)]);
      // Once somebody has waited in vain, nobody else does.
      expect(await expectUnavailable(mixedRequests(50))).toBeLessThan(slowest);
      await expectAliveButNotReady();
    } finally {
      thaw();
    }
    await expectRecovery();
    await expectNoLeak();
  });
});

describe('connections that the server closes', () => {
  test('while idle cost one request each at most', async () => {
    await openWholePool();
    await terminateConnections();
    const answers = await Promise.all(Array.from({ length: 50 }, () => user.send(ME)));
    const refused = answers.filter(({ errors }) => errors.length > 0);
    expect(refused.length).toBeLessThanOrEqual(POOL_SIZE);
    for (const { errors } of refused) expect(errors[0]?.extensions['code']).toBe('SERVICE_UNAVAILABLE');
    expect((await user.data(ME)).me.email).toBe(account.email);
  });

  test('while a transaction is open on them fail that transaction only', async () => {
    const held = await loginsHeldInTransactions(3);
    await terminateConnections();
    held.letGo();
    await expectUnavailable(held.logins);
    await expectRecovery();
  });
});

/** Requests of every kind that needs the database: reads, transactions, and what is hashed before it is stored. */
function mixedRequests(count: number): Promise<Timed>[] {
  const kinds = [
    () => user.send(ME),
    () =>
      new GraphQLClient(own.url).send(LOGIN, { input: { identifier: account.email, password: PASSWORD } }),
    () => new GraphQLClient(own.url).send(REFRESH, { input: { refreshToken: user.refreshToken } }),
    () => new GraphQLClient(own.url).send(SIGNUP, { input: newAccount() }),
    () => user.send('{ currentSession { user { email } } }'),
  ];
  return Array.from({ length: count }, (_, i) => timed(kinds[i % kinds.length] as () => Promise<Answer>));
}

interface Timed extends Answer {
  readonly milliseconds: number;
}

async function timed(request: () => Promise<Answer>): Promise<Timed> {
  const startedAt = performance.now();
  const answer = await request();
  return { ...answer, milliseconds: performance.now() - startedAt };
}

/** Each request is told that the service is unavailable. How long the slowest took, in milliseconds. */
async function expectUnavailable(requests: readonly Promise<Timed>[]): Promise<number> {
  const answers = await Promise.all(requests);
  for (const { status, errors, data } of answers) {
    const codes = errors.map(({ extensions }) => extensions['code']);
    // With the data, which shows what a request without an error was answered.
    expect({ status, codes, data }).toMatchObject({ status: 200, codes: ['SERVICE_UNAVAILABLE'] });
  }
  return Math.max(...answers.map(({ milliseconds }) => milliseconds));
}

async function expectAliveButNotReady(): Promise<void> {
  const statusOf = async (path: string) => (await fetch(`${own.url}${path}`)).status;
  expect(await Promise.all(['/livez', '/readyz', '/.well-known/jwks.json'].map(statusOf))).toEqual([
    200, 503, 200,
  ]);
  // What needs no database is served: an access token is verified without one.
  expect((await user.data('{ __typename authPolicy { passwordMinLength } }')).authPolicy).not.toBeNull();
}

/** Asks until a login succeeds, then expects that all does: with the same tokens as before, and in the same process. */
async function expectRecovery(): Promise<void> {
  const input = { identifier: account.email, password: PASSWORD };
  await eventually(async () => (await new GraphQLClient(own.url).send(LOGIN, { input })).errors.length === 0);
  const answers = await Promise.all(mixedRequests(20));
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  expect((await user.refresh()).__typename).toBe('Authentication');
  expect((await fetch(`${own.url}/readyz`)).status).toBe(200);
  expect(own.latchkey.child.exitCode).toBeNull();
}

/** The pool has all the connections that it may have. */
async function openWholePool(): Promise<void> {
  // Counts take a statement each, unlike look-ups by id.
  const request = () => user.data('{ me { sessions { totalCount } } }');
  do await Promise.all(Array.from({ length: 3 * POOL_SIZE }, request));
  while ((await connections()).length < POOL_SIZE);
}

async function connections(): Promise<number[]> {
  const rows = await runSql(
    own.postgres.url,
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'latchkey' AND backend_type = 'client backend'`,
  );
  return rows.map(({ pid }) => pid as number);
}

/** However many requests there are, they share the connections that the pool may have. */
async function expectNoLeak(): Promise<void> {
  await Promise.all(mixedRequests(50));
  const { length } = await connections();
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThanOrEqual(POOL_SIZE);
}

async function terminateConnections(): Promise<void> {
  const pids = await connections();
  expect(pids.length).toBeGreaterThan(0);
  await runSql(own.postgres.url, 'SELECT pg_terminate_backend(pid, 2000) FROM unnest($1::int[]) AS pid', [
    pids,
  ]);
}

/** Logins that wait within their transaction for a lock that somebody else holds. */
async function loginsHeldInTransactions(
  count: number,
): Promise<{ readonly logins: readonly Promise<Timed>[]; letGo(): void }> {
  const holder = await connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM users WHERE email = $1 FOR UPDATE', [account.email]);
  const logins = Array.from({ length: count }, () =>
    timed(() =>
      new GraphQLClient(own.url).send(LOGIN, { input: { identifier: account.email, password: PASSWORD } }),
    ),
  );
  await untilLockWaits(own.postgres.url, count);
  return { logins, letGo: () => void holder.end().catch(() => undefined) };
}

/** A connection of the test's own; the faults may break it. */
async function connect(): Promise<Client> {
  const client = new Client({ connectionString: own.postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Secret } from '../../src/core/secret.ts';
import { createDataSource } from '../../src/platform/database/data-source.ts';
import { Database } from '../../src/platform/database/database.ts';
import { Outage } from '../../src/platform/database/outage.ts';
import { GraphQLClient, LOGIN, newAccount, PASSWORD, REFRESH, SIGNUP } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { silentLogger } from '../support/logger.ts';
import { commitsThatWait, forgetStandby, loseStandby, REPLICATES } from '../support/lost-standby.ts';
import { useOwnPostgres } from '../support/own-postgres.ts';
import { runSql } from '../support/sql.ts';

const POOL_SIZE = 10;

const own = useOwnPostgres({ settings: REPLICATES });
const account = newAccount();
const login = { input: { identifier: account.email, password: PASSWORD } };

describe('while a synchronous standby is gone', () => {
  test('writes are refused, leave no session behind at the server, and are served again once it is back', async () => {
    await new GraphQLClient(own.url).signup(account);
    await loseStandby(own.postgres.url);
    const kinds = [
      () => new GraphQLClient(own.url).send(LOGIN, login),
      () => new GraphQLClient(own.url).send(SIGNUP, { input: newAccount() }),
    ];
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => kinds[i % kinds.length]?.()));
      for (const answer of answers)
        expect(answer?.errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    }
    // The probe finds that writes are not answered, although reads are.
    await eventually(async () => (await fetch(`${own.url}/readyz`)).status === 503);
    await eventually(async () => (await commitsThatWait(own.postgres.url, 'latchkey')).length === 0);
    expect(await sessions()).toBeLessThanOrEqual(POOL_SIZE);

    await forgetStandby(own.postgres.url);
    await eventually(async () => (await new GraphQLClient(own.url).send(LOGIN, login)).errors.length === 0);
    await eventually(async () => (await commitsThatWait(own.postgres.url, 'latchkey probe')).length === 0);
  });

  test('what was sent and not answered is told to be of unknown outcome; it took effect', async () => {
    const user = new GraphQLClient(own.url);
    await user.login(login.input);
    const { refreshToken } = user;
    await loseStandby(own.postgres.url);
    const { errors } = await user.send(REFRESH, { input: { refreshToken } });
    expect(errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', outcome: 'UNKNOWN' });
    // From now on nothing is sent, and nothing unknown.
    await eventually(async () => {
      const refused = await new GraphQLClient(own.url).send(LOGIN, login);
      const { code, outcome } = refused.errors[0]?.extensions ?? {};
      return code === 'SERVICE_UNAVAILABLE' && outcome === undefined;
    });
    await forgetStandby(own.postgres.url);
    const rotated = 'SELECT FROM sessions WHERE generation > 0';
    await eventually(async () => (await runSql(own.postgres.url, rotated)).length > 0);
  });
});

describe('a wait for a synchronous standby that somebody cancels', () => {
  let dataSource: DataSource;
  let database: Database;
  beforeAll(async () => {
    const url = new Secret(own.postgres.url);
    // The server waits for as long as the test does.
    const options = { url, entities: [], logger: silentLogger, poolSize: 2, timeoutMs: 60_000 };
    dataSource = await createDataSource(options).initialize();
    database = new Database(dataSource, new Outage(url, silentLogger), silentLogger);
    await database.query('CREATE TABLE note (id int PRIMARY KEY)');
    await loseStandby(own.postgres.url);
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await forgetStandby(own.postgres.url);
  });

  const insert = (id: number) => database.query('INSERT INTO note VALUES ($1)', [id]);

  test.each([
    ['a transaction', () => database.run(() => insert(1))],
    ['a single statement', () => insert(2)],
  ])('makes the outcome unknown: of %s', async (_, write) => {
    const written = expect(write()).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      outcome: 'UNKNOWN',
    });
    let waiting: number[] = [];
    await eventually(async () => {
      waiting = await commitsThatWait(own.postgres.url, 'latchkey');
      return waiting.length > 0;
    });
    await runSql(own.postgres.url, 'SELECT pg_cancel_backend($1)', waiting);
    await written;
  });

  test.each(['cancel', 'terminate'])(
    'leaves no doubt about a statement that did not get to its commit: %s',
    async (kind) => {
      const failing = database.run(async () => {
        await insert(3);
        await database.query(`SELECT pg_${kind}_backend(pg_backend_pid()), pg_sleep(60)`);
      });
      await expect(failing).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', outcome: undefined });
    },
  );
});

async function sessions(): Promise<number> {
  const sql = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'latchkey'";
  return (await runSql(own.postgres.url, sql))[0]?.['count'] as number;
}

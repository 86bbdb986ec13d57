import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Secret } from '../../src/core/secret.ts';
import { createDataSource } from '../../src/platform/database/data-source.ts';
import { Database } from '../../src/platform/database/database.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { Outage } from '../../src/platform/database/outage.ts';
import { ServerClient } from '../../src/platform/database/server-client.ts';
import { Servers } from '../../src/platform/database/servers.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { MAIN } from '../support/built.ts';
import { GraphQLClient, newAccount, SIGNUP } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { freeze } from '../support/frozen-postgres.ts';
import { LatchkeyProcess, PROCESS_SETTINGS } from '../support/latchkey-process.ts';
import { silentLogger } from '../support/logger.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

const folders: string[] = [];
let [a, b]: EmbeddedPostgres[] = [];

/** A server with the schema, and the password of the other. */
async function startServer(password?: string, settings = {}): Promise<EmbeddedPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-server-'));
  const server = await startEmbeddedPostgres({ dataDir, volatile: true, settings });
  folders.push(server.folder, dataDir);
  await migrate(server.url, silentLogger);
  if (password !== undefined) await runSql(server.url, `ALTER ROLE latchkey PASSWORD '${password}'`);
  return server;
}

const portOf = ({ url }: EmbeddedPostgres) => new URL(url).port;

/** A URL of servers by their ports, with the password of `a`. */
function urlOf(ports: readonly string[], parameters = ''): string {
  const { username, password } = new URL((a as EmbeddedPostgres).url);
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join();
  return `postgres://${username}:${password}@${hosts}/postgres${parameters}`;
}

/** As of a server that was demoted: it accepts no writes. */
async function setReadOnly(server: EmbeddedPostgres, isReadOnly: boolean): Promise<void> {
  await runSql(server.url, `ALTER SYSTEM SET default_transaction_read_only = ${isReadOnly}`);
  await runSql(server.url, 'SELECT pg_reload_conf()');
  // Sessions read it when they begin, and on a signal.
  const state = 'SHOW default_transaction_read_only';
  await eventually(
    async () =>
      (await runSql(server.url, state))[0]?.['default_transaction_read_only'] === (isReadOnly ? 'on' : 'off'),
  );
}

beforeAll(async () => {
  a = await startServer();
  b = await startServer(new URL(a.url).password);
});
afterAll(async () => {
  for (const server of [a, b]) await server?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

let dataSource: DataSource;
let outage: Outage;
let database: Database;
let url: Secret;
async function open(text: string, timeoutMs = 2_000): Promise<void> {
  url = new Secret(text);
  const options = { url, entities: [], logger: silentLogger, poolSize: 3, timeoutMs };
  dataSource = await createDataSource(options).initialize();
  outage = new Outage(url, silentLogger);
  database = new Database(dataSource, outage, silentLogger);
}
afterEach(async () => {
  outage?.stop();
  if (dataSource?.isInitialized) await dataSource.destroy();
});

/** Where statements arrive. */
const port = async () =>
  (await database.query<{ port: string }>("SELECT current_setting('port') AS port"))[0]?.port;
const writtenTo = async () => {
  await database.query('CREATE TABLE IF NOT EXISTS note (id int)');
  return port();
};

describe('of several servers', () => {
  const pair = () => [a as EmbeddedPostgres, b as EmbeddedPostgres] as const;
  beforeEach(async () => {
    await setReadOnly(pair()[0], false);
    await setReadOnly(pair()[1], true);
  });

  test('one that does not run is passed over', async () => {
    // Nothing listens there: it is reserved.
    await open(urlOf(['1', portOf(pair()[0])]));
    expect(await writtenTo()).toBe(portOf(pair()[0]));
  });

  test('one that accepts no writes is passed over, unless it is asked for', async () => {
    const [primary, standby] = pair();
    const ports = [portOf(standby), portOf(primary)];
    await open(urlOf(ports));
    expect(await writtenTo()).toBe(portOf(primary));
    await dataSource.destroy();
    await open(urlOf(ports, '?target_session_attrs=any'));
    expect(await port()).toBe(portOf(standby));
  });

  test('the next one is chosen when the one in use accepts no writes any more', async () => {
    const [former, next] = pair();
    await open(urlOf([portOf(former), portOf(next)]));
    expect(await writtenTo()).toBe(portOf(former));
    // As the instance lock: nothing is sent over it.
    const idle = new ServerClient({ servers: Servers.of(url) });
    await idle.connect();
    const closed = new Promise<void>((resolve) => idle.once('end', resolve));
    await setReadOnly(former, true);
    await setReadOnly(next, false);
    await eventually(async () => (await writtenTo().catch(() => null)) === portOf(next));
    // Connections to the former one are closed, for reads too.
    await closed;
    const ports = await Promise.all(Array.from({ length: 10 }, port));
    expect(new Set(ports)).toEqual(new Set([portOf(next)]));
  });

  test('the next one is chosen when the one in use is frozen', async () => {
    const [former, next] = pair();
    await open(urlOf([portOf(former), portOf(next)]), 1_000);
    expect(await writtenTo()).toBe(portOf(former));
    await setReadOnly(next, false);
    const thaw = await freeze(former);
    try {
      await eventually(async () => (await writtenTo().catch(() => null)) === portOf(next));
    } finally {
      thaw();
    }
  });

  test('none is used if none accepts writes, and none is tried after one that refuses the password', async () => {
    const [primary, standby] = pair();
    await expect(open(urlOf([portOf(standby), '1']))).rejects.toMatchObject({ code: '25006' });
    const wrong = urlOf([portOf(primary), portOf(standby)]).replace(/:[^:@]+@/, ':wrong@');
    await expect(open(wrong)).rejects.toMatchObject({ code: '28P01' });
  });

  test('a process that serves from one goes on with the next', async () => {
    const [former, next] = pair();
    const latchkey = new LatchkeyProcess(MAIN, {
      ...PROCESS_SETTINGS,
      DATABASE_URL: urlOf([portOf(former), portOf(next)]),
      ...newSecrets(),
    });
    try {
      const url = await latchkey.serving();
      await new GraphQLClient(url).signup();
      await former.stop();
      await setReadOnly(next, false);
      const signup = () => new GraphQLClient(url).send(SIGNUP, { input: newAccount() });
      await eventually(async () => (await signup()).errors.length === 0);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      const locks = "SELECT FROM pg_stat_activity WHERE application_name = 'latchkey lock'";
      await eventually(async () => (await runSql(next.url, locks)).length === 1);
      const answers = await Promise.all(Array.from({ length: 20 }, signup));
      expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    } finally {
      await latchkey.kill();
    }
  });
});

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CLI, MAIN } from '../support/built.ts';
import { createTestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { LatchkeyProcess } from '../support/latchkey-process.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

// Real processes: a second or two each, more on a busy machine.
jest.setTimeout(60_000);

const PASSWORD = 'hunter2-hunter2';

const secrets = newSecrets();

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

let running: LatchkeyProcess | null = null;
afterEach(async () => {
  await running?.kill();
});

/** A server that ends before it serves. */
async function start(env: Readonly<Record<string, string>>, command: readonly string[] = MAIN) {
  running = new LatchkeyProcess(command, {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.url,
    ...secrets,
    HASH_WORKERS: '1',
    START_TIMEOUT_SECONDS: '0',
    ...env,
  });
  const code = await running.exit;
  return { code, output: running.output };
}

/** The test database's URL, with another part or two. */
function changed(
  parts: Partial<Record<'hostname' | 'port' | 'pathname' | 'username' | 'password', string>>,
): string {
  return Object.assign(new URL(database.url), { password: PASSWORD, ...parts }).href;
}

/** Of all lines the last one tells why, in the format of the log. */
function expectOneLine({ code, output }: { code: number | string; output: string }, message: RegExp): void {
  expect(code).toBe(1);
  const lines = output.trim().split('\n');
  const { level, msg, ...more } = JSON.parse(lines.at(-1) ?? '');
  expect({ level, msg }).toEqual({ level: 'fatal', msg: expect.stringMatching(message) });
  expect(Object.keys(more).sort()).toEqual(['service', 'time']);
  expect(lines.filter((line) => /"level":"(error|fatal)"/.test(line))).toHaveLength(1);
  expect(output).not.toMatch(/^\s+at |"stack"/m);
  expect(output).not.toContain(PASSWORD);
}

describe('a server that starts before its database', () => {
  test('waits for it, says so, and serves once it is there', async () => {
    const port = await freePort();
    const url = changed({
      hostname: '127.0.0.1',
      port: String(port),
      password: new URL(database.url).password,
    });
    running = new LatchkeyProcess(MAIN, {
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: url,
      ...secrets,
      HASH_WORKERS: '1',
    });
    await running.waitFor(/"reason":"DATABASE_URL [^"]*ECONNREFUSED[^"]*","msg":"waiting for the database/);
    const door = createServer((socket) => {
      const { hostname, port: behind } = new URL(database.url);
      const server = connect(Number(behind), hostname);
      for (const each of [socket, server]) each.on('error', () => undefined);
      socket.pipe(server).pipe(socket);
    }).listen(port, '127.0.0.1');
    await running.serving();
    await running.kill();
    door.close();
  });

  test('gives up after its time, in the same words as one that does not wait', async () => {
    const url = changed({ hostname: '127.0.0.1', port: String(await freePort()) });
    const ended = await start({ DATABASE_URL: url, START_TIMEOUT_SECONDS: '1' });
    expectOneLine(ended, /^DATABASE_URL .*start Postgres.*ECONNREFUSED/);
    expect(ended.output.match(/waiting for the database/g)).toHaveLength(1);
  });

  test('does not wait where that is no use', async () => {
    const ended = await start({ DATABASE_URL: changed({}), START_TIMEOUT_SECONDS: '3600' });
    expectOneLine(ended, /^DATABASE_URL .*password.*28P01/);
  });

  test('is no command: those do not wait', async () => {
    const url = changed({ hostname: '127.0.0.1', port: String(await freePort()) });
    const env = { DATABASE_URL: url, START_TIMEOUT_SECONDS: '3600' };
    const { code, output } = await start(env, [...CLI, 'users', 'find', 'ada']);
    expect(code).toBe(1);
    expect(output).toMatch(/^DATABASE_URL names a host and port where nothing listens/);
  });
});

describe('a start that fails is told in one line that names the setting', () => {
  test('the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      expectOneLine(await start({ PORT: String(port) }), new RegExp(`^PORT ${port} is taken: .*EADDRINUSE`));
    } finally {
      other.close();
    }
  });

  test('the host is no address of this machine', async () => {
    // Reserved for documentation (RFC 5737).
    expectOneLine(await start({ HOST: '192.0.2.1' }), /^HOST 192\.0\.2\.1 is no address/);
  });

  test('there are no templates of messages where they should be', async () => {
    const message = /^MAIL_TEMPLATES has mistakes:\n {2}- the folder does not exist$/;
    expectOneLine(await start({ MAIL_TEMPLATES: '/no/such/folder' }), message);
  });

  test('the host does not resolve', async () => {
    expectOneLine(await start({ HOST: 'latchkey.invalid' }), /^HOST latchkey\.invalid does not resolve/);
  });

  test('nothing listens where the database should be', async () => {
    const port = await freePort();
    expectOneLine(
      await start({ DATABASE_URL: changed({ hostname: '127.0.0.1', port: String(port) }) }),
      /^DATABASE_URL .*start Postgres.*ECONNREFUSED/,
    );
  });

  test('the database does not exist', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    expectOneLine(
      await start({ DATABASE_URL: url.href }),
      /^DATABASE_URL .*does not exist: create it.*3D000/,
    );
  });

  test('the password is wrong', async () => {
    expectOneLine(await start({ DATABASE_URL: changed({}) }), /^DATABASE_URL .*password.*28P01/);
  });

  test("the database's host does not resolve", async () => {
    expectOneLine(
      await start({ DATABASE_URL: changed({ hostname: 'db.invalid' }) }),
      /^DATABASE_URL .*does not resolve.*(ENOTFOUND|EAI_AGAIN)/,
    );
  });

  test('the database was not migrated', async () => {
    const empty = new URL(database.url);
    empty.pathname = '/postgres';
    expectOneLine(
      await start({ DATABASE_URL: empty.href, MIGRATE_ON_START: 'false' }),
      /^DATABASE_URL .*MIGRATE_ON_START/,
    );
  });

  test('a command changes no database that is not the one of a server', async () => {
    const empty = new URL(database.url);
    empty.pathname = '/postgres';
    const { code, output } = await start({ DATABASE_URL: empty.href }, [...CLI, 'users', 'find', 'ada']);
    expect(code).toBe(1);
    expect(output).toMatch(/^DATABASE_URL names a database that was not migrated: run the command migrate/);
    expect(await runSql(empty.href, "SELECT FROM pg_tables WHERE tablename = 'users'")).toEqual([]);
  });

  test('check-config names the setting of everything that does not answer, and exits with 1', async () => {
    const templates = mkdtempSync(join(tmpdir(), 'latchkey-templates-'));
    mkdirSync(join(templates, 'en'));
    writeFileSync(join(templates, 'en', 'verify-email.txt'), '{{ nothing }}');
    const nobody = `ada:${PASSWORD}@127.0.0.1:9`;
    const env = {
      DATABASE_URL: `postgres://${nobody}/latchkey`,
      REDIS_URL: `redis://${nobody}`,
      SMTP_URL: `smtp://${nobody}`,
      MAIL_TEMPLATES: templates,
    };
    const { code, output } = await start(env, [...CLI, 'check-config']);
    rmSync(templates, { recursive: true });
    const problems = output.match(/^problem .*/gm);
    expect(problems).toEqual([
      expect.stringMatching(/^problem {2}DATABASE_URL names a host and port where nothing listens/),
      expect.stringMatching(/^problem {2}REDIS_URL: .*ECONNREFUSED/),
      expect.stringMatching(/^problem {2}SMTP_URL: .*ECONNREFUSED/),
      expect.stringMatching(/^problem {2}MAIL_TEMPLATES has mistakes:/),
    ]);
    expect(output).toMatch(/Problems: 4\.\n$/);
    expect(output).not.toContain(PASSWORD);
    expect(code).toBe(1);
  });

  test('a command says the same, in plain words', async () => {
    const { code, output } = await start({ DATABASE_URL: changed({ hostname: 'db.invalid' }) }, [
      ...CLI,
      'migrate',
    ]);
    expect(code).toBe(1);
    expect(output).toMatch(/^DATABASE_URL names a host that does not resolve: .*\n$/);
  });
});

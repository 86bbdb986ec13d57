import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { adminScopes } from '../../src/core/scopes.ts';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';
import { readPidFile } from '../../src/platform/embedded-postgres/pid-file.ts';
import { MAIN } from '../support/built.ts';
import { GraphQLClient, LOGIN, newAccount, PASSWORD } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { gone, LatchkeyProcess, NPM_START } from '../support/latchkey-process.ts';
import { REQUEST_RESET } from '../support/messages.ts';
import { argon2IsInstalled, bcryptIsNative, WITHOUT_BINARIES } from '../support/native-hashing.ts';
import { runSql } from '../support/sql.ts';

// Real processes, started one after the other: a second or two each, more on a busy machine.

const temporary = mkdtempSync(join(tmpdir(), 'latchkey-process-'));
// Under root another account runs the embedded Postgres: where it cannot reach, the files would lie elsewhere.
chmodSync(temporary, 0o755);
const dataDir = join(temporary, 'data');
const pgdata = join(dataDir, 'postgres', 'pgdata');
const cli = (...args: string[]) => ['npm', 'run', '--silent', 'cli', '--', ...args];

const running = new Set<LatchkeyProcess>();
afterEach(async () => {
  for (const latchkey of running) await latchkey.kill();
  running.clear();
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Ends after the test at the latest. */
function run(...args: Parameters<typeof start>): LatchkeyProcess {
  const latchkey = start(...args);
  running.add(latchkey);
  return latchkey;
}

function start(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): LatchkeyProcess {
  return new LatchkeyProcess(command, { DATA_DIR: dataDir, PORT: '0', HOST: '127.0.0.1', ...env }, input);
}

describe('a server with nothing configured', () => {
  const account = newAccount();

  test('by npm start answers, signs up, and its accounts outlive a restart and a kill', async () => {
    let latchkey = run(NPM_START);
    const client = new GraphQLClient(await latchkey.serving());
    expect((await client.data('{ authPolicy { passwordMinLength } }')).authPolicy.passwordMinLength).toBe(15);
    const { user } = await client.signup(account);
    latchkey.child.kill('SIGTERM');
    expect(await latchkey.exit).toBe(0);

    latchkey = run(MAIN);
    let url = await latchkey.serving();
    expect((await signIn(url, account)).user.id).toBe(user.id);
    process.kill(await serverPid(), 'SIGKILL');
    await latchkey.exit;

    latchkey = run(MAIN);
    url = await latchkey.serving();
    expect((await signIn(url, account)).user.id).toBe(user.id);
    // Sessions outlive it too: the secrets are those of the first start.
    const { __typename } = await new GraphQLClient(url).refresh(client.refreshToken);
    expect(__typename).toBe('Authentication');
  });

  describe('while it runs', () => {
    let latchkey: LatchkeyProcess;
    let url: string;
    beforeAll(async () => {
      // These two are no settings.
      latchkey = start(MAIN, { REDIS_URI: 'redis://:hunter2@cache', JWT_ACCESS_SECRET: 'hunter2' });
      url = await latchkey.serving();
    });
    afterAll(() => latchkey?.kill());

    test('says where it serves, by the name that pages in development have, and what to do next', async () => {
      expect(url).toMatch(/^http:\/\/localhost:\d+$/);
      expect(latchkey.output).toMatch(/"msg":"Latchkey is serving\..*README\.md.*create-admin/);
      expect(latchkey.output).toContain('"passwordHash":"bcrypt"');
      expect(latchkey.output).toContain(`"bcrypt":"${bcryptIsNative ? 'native' : 'bcryptjs'}"`);
      expect(latchkey.output).toContain(`"argon2id":"${argon2IsInstalled ? 'native' : 'none'}"`);
    });

    test('says where messages go, and a command prints the latest', async () => {
      expect(latchkey.output).toContain(`"mail":"${join(dataDir, 'mail')}"`);
      expect(latchkey.output).toContain(
        'There is no SMTP_URL: messages are written into a folder (npm run cli -- mail)',
      );
      await new GraphQLClient(url).data(REQUEST_RESET, { email: account.email });
      const folder = join(dataDir, 'mail');
      await eventually(async () => readdirSync(folder).filter((name) => name.endsWith('.txt')).length >= 2);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      const command = run(cli('mail'));
      expect(await command.exit).toBe(0);
      expect(command.output).toContain(`To: ${account.email}\nSubject: Reset your password for Latchkey\n`);
      expect(command.output).toMatch(/^http:\/\/localhost:3000\/reset-password#token=lko_[\w-]{43}$/m);
    });

    test('warns of variables that look like settings and are none, by their names alone', async () => {
      const lines = latchkey.output.split('\n').filter((line) => line.includes('nothing reads'));
      expect(lines).toEqual([
        expect.stringMatching(
          /"warn".*nothing reads JWT_ACCESS_SECRET: its place is taken by JWT_PRIVATE_KEY/,
        ),
        expect.stringMatching(/"warn".*nothing reads REDIS_URI: is REDIS_URL meant\?/),
      ]);
      expect(latchkey.output).not.toContain('hunter2');
    });

    test('an administrator can be made beside the running server, by a password on standard input', async () => {
      const email = 'admin@example.com';
      const command = run(cli('create-admin', '--email', email), {}, `${PASSWORD}\n`);
      expect(await command.exit).toBe(0);
      expect(command.output).toContain(`${email} is an administrator now.`);

      const { accessToken } = await signIn(url, { email });
      const { scope } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
      expect(scope.split(' ')).toEqual(expect.arrayContaining(Object.keys(adminScopes)));
    });
  });

  (argon2IsInstalled ? test : test.skip)(
    'without the binary of Argon2, its hashes match nothing, and are reported; with it, they match',
    async () => {
      const other = newAccount();
      const ofArgon2 = run(MAIN, { PASSWORD_HASH: 'argon2id' });
      await new GraphQLClient(await ofArgon2.serving()).signup(other);
      ofArgon2.child.kill('SIGTERM');
      await ofArgon2.exit;

      const without = run(MAIN, WITHOUT_BINARIES);
      const client = new GraphQLClient(await without.serving());
      expect(without.output).toMatch(/"bcrypt":"bcryptjs","argon2id":"none"/);
      for (let i = 0; i < 2; i += 1) {
        const { login } = await client.data(LOGIN, {
          input: { identifier: other.email, password: PASSWORD },
        });
        expect(login.code).toBe('INVALID_CREDENTIALS');
      }
      expect(without.output.match(/"reason":"no @node-rs\/argon2"/g)).toHaveLength(1);
      without.child.kill('SIGTERM');
      await without.exit;

      const url = await run(MAIN).serving();
      expect((await signIn(url, other)).user.email).toBe(other.email);
    },
  );

  test('stops at SIGTERM: it answers what is in flight and what follows on its connection, is not ready any more, and leaves nothing behind', async () => {
    const latchkey = run(MAIN, { HASH_WORKERS: '1', HASH_QUEUE_SECONDS: '30' });
    const url = await latchkey.serving();
    const { port } = new URL(url);
    const postmaster = readPidFile(pgdata)?.pid as number;
    const { head, body } = loginRequest(account);
    const [router, probe] = [await openConnection(port), await openConnection(port)];
    for (const connection of [router, probe]) {
      connection.send(head);
      await connection.taken;
    }
    let answered = 0;
    const logins = Array.from({ length: 8 }, () => signIn(url, account).finally(() => void answered++));
    await Promise.race(logins);

    latchkey.child.kill('SIGTERM');
    await latchkey.waitFor(/"msg":"stopping"/);
    expect(answered).toBeLessThan(logins.length);
    probe.send(`${body}GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    expect(await probe.statuses()).toEqual([100, 200, 503]);
    router.send(`${body}${head}${body}`);
    expect(await router.statuses()).toEqual([100, 200, 100, 200]);
    for (const { __typename } of await Promise.all(logins)) expect(__typename).toBe('Authentication');

    expect(await latchkey.exit).toBe(0);
    await expect(openConnection(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(readPidFile(pgdata)).toBeNull();
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
  });

  test('by npm start ends at once at a second SIGTERM, whatever is in flight, and takes its Postgres along', async () => {
    const latchkey = run(NPM_START);
    const { port } = new URL(await latchkey.serving());
    const postmaster = readPidFile(pgdata)?.pid as number;
    const endless = await openConnection(port);
    endless.send(loginRequest(account).head);
    await endless.taken;
    latchkey.child.kill('SIGTERM');
    await latchkey.waitFor(/"msg":"stopping"/);
    latchkey.child.kill('SIGTERM');
    expect(await latchkey.exit).toBe(1);
    await gone(postmaster);
  });
});

describe('a start that must not be', () => {
  test('with a bad configuration lists every problem, shows no secret, and exits with 1', async () => {
    const secret = 'hunter2-hunter2';
    const latchkey = run(MAIN, {
      NODE_ENV: 'production',
      PORT: 'http',
      BCRYPT_COST: '3',
      REFRESH_SECRET: secret,
      DATABASE_URL: `mysql://root:${secret}@db/latchkey`,
    });
    expect(await latchkey.exit).toBe(1);
    for (const name of [
      'PORT',
      'BCRYPT_COST',
      'REFRESH_SECRET',
      'DATABASE_URL',
      'JWT_ISSUER',
      'ROUTER_SECRET',
    ]) {
      expect(latchkey.output).toMatch(new RegExp(`^  - ${name} must `, 'm'));
    }
    expect(latchkey.output).not.toContain(secret);
  });

  test('by Argon2id without its binary names the setting in one line', async () => {
    const latchkey = run(MAIN, { PASSWORD_HASH: 'argon2id', ...WITHOUT_BINARIES });
    expect(await latchkey.exit).toBe(1);
    const lines = latchkey.output.split('\n').filter((line) => line.includes('"fatal"'));
    expect(lines).toEqual([
      expect.stringMatching(/"msg":"PASSWORD_HASH is argon2id, but .*@node-rs\/argon2/),
    ]);
    expect(latchkey.output).not.toContain('Latchkey is serving');
  });

  test('with other secrets than the database was used with names them; beside the old ones they are welcome', async () => {
    const database = await createTestDatabase();
    const secrets = () => ({
      REFRESH_SECRET: randomBytes(32).toString('hex'),
      PASSWORD_PEPPER: randomBytes(32).toString('hex'),
    });
    const common = {
      DATABASE_URL: database.url,
      JWT_PRIVATE_KEY: generateSigningKeyPem(),
      NODE_ENV: 'test',
      BCRYPT_COST: '4',
    };
    const [old, fresh] = [secrets(), secrets()];
    try {
      let latchkey = run(MAIN, { ...common, ...old });
      const client = new GraphQLClient(await latchkey.serving());
      const account = newAccount();
      await client.signup(account);

      const refused = run(MAIN, { ...common, ...fresh });
      expect(await refused.exit).toBe(1);
      expect(refused.output).toMatch(
        /"level":"fatal".*"msg":"REFRESH_SECRET and PASSWORD_PEPPER are not what this database was used with/,
      );
      for (const value of Object.values(fresh)) expect(refused.output).not.toContain(value);
      await latchkey.kill();

      latchkey = run(MAIN, {
        ...common,
        REFRESH_SECRET: `${fresh.REFRESH_SECRET},${old.REFRESH_SECRET}`,
        PASSWORD_PEPPER: `${fresh.PASSWORD_PEPPER},${old.PASSWORD_PEPPER}`,
      });
      const url = await latchkey.serving();
      const { __typename } = await new GraphQLClient(url).refresh(client.refreshToken);
      expect(__typename).toBe('Authentication');
      await signIn(url, account);
    } finally {
      for (const latchkey of running) await latchkey.kill();
      await database.drop();
    }
  });
});

function signIn(url: string, { email }: { email: string }) {
  return new GraphQLClient(url).login({ identifier: email, password: PASSWORD });
}

/** The process that serves: npm is between us and it. It tells the Postgres that it owns. */
async function serverPid(): Promise<number> {
  const password = readFileSync(join(dataDir, 'postgres', 'password'), 'utf8');
  const url = `postgres://latchkey:${password}@127.0.0.1:${readPidFile(pgdata)?.port}/postgres`;
  const [row] = await runSql(url, `SELECT current_setting('latchkey.owner_pid')::int AS pid`);
  return row?.['pid'] as number;
}

/** A login in two parts: the server says "100 Continue" once it has the first, and waits for the second. */
function loginRequest({ email }: { email: string }): { head: string; body: string } {
  const body = JSON.stringify({
    query: LOGIN,
    variables: { input: { identifier: email, password: PASSWORD } },
  });
  const headers = [
    'host: localhost',
    'content-type: application/json',
    `content-length: ${body.length}`,
    'expect: 100-continue',
  ];
  return { head: `POST /graphql HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`, body };
}

interface Connection {
  send(text: string): void;
  /** The server has begun to answer. */
  readonly taken: Promise<unknown>;
  /** The statuses of all answers, once the server has closed the connection. */
  statuses(): Promise<number[]>;
}

/** A connection that stays open from one request to the next, as a load balancer's does. */
async function openConnection(port: string): Promise<Connection> {
  const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return {
    send: (text) => void socket.write(text),
    taken: new Promise((resolve) => socket.once('data', resolve)),
    statuses: async () => {
      await closed;
      return [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
    },
  };
}

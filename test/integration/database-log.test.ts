import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { type Answer, GraphQLClient, LOGIN, ME, newAccount, PASSWORD, REFRESH } from '../support/client.ts';
import { LatchkeyProcess, MAIN } from '../support/latchkey-process.ts';
import { makeToken } from '../support/personal-access-tokens.ts';
import { newSecrets } from '../support/secrets.ts';

const REQUESTS = 200;
const DEVICES = 20;

const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-log-'));
let postgres: EmbeddedPostgres;
let latchkey: LatchkeyProcess;
let url: string;

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir, volatile: true });
  latchkey = new LatchkeyProcess(MAIN, {
    NODE_ENV: 'test',
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: postgres.url,
    ...newSecrets(),
    BCRYPT_COST: '4',
    HASH_WORKERS: '1',
    MAX_SESSIONS_PER_USER: '100',
  });
  url = await latchkey.serving();
});
afterAll(async () => {
  await latchkey?.kill();
  await postgres?.stop();
  for (const folder of [postgres?.folder ?? dataDir, dataDir])
    rmSync(folder, { recursive: true, force: true });
});

test('a stopped database is one line a minute in the log, without a stack, however many requests fail', async () => {
  const account = newAccount();
  const login = { input: { identifier: account.email, password: PASSWORD } };
  const user = new GraphQLClient(url);
  await user.signup(account);
  const script = new GraphQLClient(url);
  script.accessToken = (await makeToken(user, 'profile:read')).token;
  // The first request of each is a sign of life, which is written off the request's path.
  const devices = await Promise.all(
    Array.from({ length: DEVICES }, async () => {
      const device = new GraphQLClient(url);
      await device.login(login.input);
      await device.refresh();
      return device;
    }),
  );
  await postgres.stop();

  const rest = [
    () => new GraphQLClient(url).send(LOGIN, login),
    () => new GraphQLClient(url).send(REFRESH, { input: { refreshToken: user.refreshToken } }),
    () => user.send('{ currentSession { id } }'),
    () => script.send(ME),
  ];
  const answers = await Promise.all([
    ...devices.map((device) => device.send(ME)),
    ...Array.from({ length: REQUESTS - DEVICES }, (_, i) => rest[i % rest.length]?.() as Promise<Answer>),
  ]);
  expect(answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions['code']))).toEqual(
    Array(REQUESTS).fill('SERVICE_UNAVAILABLE'),
  );
  const lines = await linesSoFar();
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'warn',
      msg: expect.stringContaining('DATABASE_URL'),
      reason: expect.stringMatching(/./),
      count: 1,
    }),
  ]);
  expect(lines[0]).not.toHaveProperty('err');
});

/** The warnings and errors in the log up to now, in which a signal to stop leaves a mark. */
async function linesSoFar(): Promise<Record<string, unknown>[]> {
  latchkey.child.kill('SIGTERM');
  await latchkey.waitFor(/"msg":"stopping"/);
  const [before = ''] = latchkey.output.split(/^.*"msg":"stopping"/m);
  const lines = before.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line));
  return lines.map((line) => JSON.parse(line));
}

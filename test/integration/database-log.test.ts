import { expect, test } from '@jest/globals';
import { type Answer, GraphQLClient, LOGIN, ME, newAccount, PASSWORD, REFRESH } from '../support/client.ts';
import { useOwnPostgres } from '../support/own-postgres.ts';
import { makeToken } from '../support/personal-access-tokens.ts';

const REQUESTS = 200;
const DEVICES = 20;

const own = useOwnPostgres();

test('a stopped database is one line a minute in the log, without a stack, however many requests fail', async () => {
  const account = newAccount();
  const login = { input: { identifier: account.email, password: PASSWORD } };
  const user = new GraphQLClient(own.url);
  await user.signup(account);
  const script = new GraphQLClient(own.url);
  script.accessToken = (await makeToken(user, 'profile:read')).token;
  // The first request of each is a sign of life, which is written off the request's path.
  const devices = await Promise.all(
    Array.from({ length: DEVICES }, async () => {
      const device = new GraphQLClient(own.url);
      await device.login(login.input);
      await device.refresh();
      return device;
    }),
  );
  await own.postgres.stop();

  const rest = [
    () => new GraphQLClient(own.url).send(LOGIN, login),
    () => new GraphQLClient(own.url).send(REFRESH, { input: { refreshToken: user.refreshToken } }),
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
  own.latchkey.child.kill('SIGTERM');
  await own.latchkey.waitFor(/"msg":"stopping"/);
  const [before = ''] = own.latchkey.output.split(/^.*"msg":"stopping"/m);
  const lines = before.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line));
  return lines.map((line) => JSON.parse(line));
}

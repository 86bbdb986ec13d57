import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { useTestApp, withTestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { type GraphQLClient, LOGIN, newAccount, PASSWORD, REAUTHENTICATE } from '../support/client.ts';
import { SIGNUP_STEP } from '../support/messages.ts';
import { withoutTable } from '../support/missing-table.ts';
import { newSecrets } from '../support/secrets.ts';
import { expectSignedIn, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';

/** Of the clock of this instance, in milliseconds. */
let ahead = 0;

const secrets = newSecrets();
const latchkey = useTestApp({
  env: { RATE_LIMITS: 'off', ...secrets },
  clock: { now: () => new Date(Date.now() + ahead) },
});

const keyed = () => ({ 'idempotency-key': randomUUID() });

async function account() {
  const { email, ...rest } = newAccount();
  await latchkey.client().signup({ email, ...rest });
  return { identifier: email, password: PASSWORD };
}

describe('a repeated request', () => {
  test('sets the cookies of a browser again', async () => {
    const input = { ...(await account()), refreshTokenTransport: 'COOKIE' };
    const headers = keyed();
    const cookies = async () =>
      (await latchkey.client().send(LOGIN, { input }, headers)).headers
        .getSetCookie()
        .map((cookie) => cookie.split(/[=;]/, 2));
    const first = await cookies();
    expect(first.map(([name]) => name)).toEqual(['latchkey-refresh', 'latchkey-device']);
    const [refresh] = await cookies();
    expect(refresh).toEqual(first[0]);
  });

  test('clears the cookie again at a logout, and counts the session that it ended', async () => {
    const input = { ...(await account()), refreshTokenTransport: 'COOKIE' };
    const browser = latchkey.client();
    await browser.send(LOGIN, { input });
    const cookies = [...browser.cookies];
    const headers = keyed();
    for (let i = 0; i < 2; i += 1) {
      for (const [name, value] of cookies) browser.cookies.set(name, value);
      const { data } = await browser.send('mutation { logout { count } }', {}, headers);
      expect(data.logout.count).toBe(1);
      expect(browser.cookies.has('latchkey-refresh')).toBe(false);
    }
  });

  test('is known by an access token that has expired meanwhile, and gets one that has not', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const headers = keyed();
    const reauthenticate = async () =>
      (await client.send(REAUTHENTICATE, { password: PASSWORD }, headers)).data.reauthenticate;
    const { session, accessToken } = await reauthenticate();
    ahead = 301_000;
    try {
      const repeated = await reauthenticate();
      expect(repeated.session).toEqual(session);
      const { refreshToken } = repeated;
      await expectSignedIn(
        Object.assign(latchkey.client(), { accessToken: repeated.accessToken, refreshToken }),
      );
      expect(repeated.accessToken).not.toBe(accessToken);
    } finally {
      ahead = 0;
    }
  });

  test('of a sign-up whose address must be confirmed sends no other message', async () => {
    await withTestApp({ env: { EMAIL_VERIFICATION: 'required' } }, async (confirming) => {
      const input = newAccount();
      const headers = keyed();
      const answers: unknown[] = [];
      for (let i = 0; i < 3; i += 1)
        answers.push((await confirming.client().send(SIGNUP_STEP, { input }, headers)).data.signup);
      expect(answers[0]).toMatchObject({ __typename: 'EmailVerificationRequired', email: input.email });
      expect(answers).toEqual(answers.map(() => answers[0]));
      await confirming.mail.tokenTo(input.email);
      const requests = 'SELECT FROM deferred_requests';
      expect(await runSql(confirming.databaseUrl, requests)).toEqual([]);
      expect(await confirming.mail.to(input.email)).toHaveLength(1);
    });
  });
});

describe('the outcomes that are kept', () => {
  const login = async (client: GraphQLClient, input: object, headers = {}) =>
    (await client.send(LOGIN, { input }, headers)).data?.login;

  test('cost a request without a key no statement, one with a key two, and its repeat one', async () => {
    const input = await account();
    const headers = keyed();
    const count = async (given: object) => {
      const sent = () => login(latchkey.client(), input, given);
      return (await statementsOn('kept_outcomes', sent)).length;
    };
    expect([await count({}), await count(headers), await count(headers)]).toEqual([0, 2, 1]);
  });

  test('take effect with the request, or neither does', async () => {
    const input = await account();
    const headers = keyed();
    const sessions = 'SELECT FROM sessions JOIN users ON users.id = user_id WHERE email = $1';
    await withoutTable(latchkey.databaseUrl, 'kept_outcomes', async () => {
      expect(await login(latchkey.client(), input, headers)).toBeUndefined();
    });
    expect(await runSql(latchkey.databaseUrl, sessions, [input.identifier])).toHaveLength(1);
    await withoutTable(latchkey.databaseUrl, 'event_outbox', async () => {
      expect(await login(latchkey.client(), input, headers)).toBeUndefined();
    });
    expect(await login(latchkey.client(), input, headers)).toMatchObject({ __typename: 'Authentication' });
    expect(await runSql(latchkey.databaseUrl, sessions, [input.identifier])).toHaveLength(2);
  });

  test('are deleted after ten minutes, and no sooner', async () => {
    await runSql(latchkey.databaseUrl, 'DELETE FROM kept_outcomes');
    const input = await account();
    for (let i = 0; i < 3; i += 1) await login(latchkey.client(), input, keyed());
    const set = `UPDATE kept_outcomes SET created_at = now() - make_interval(secs => $1)
      WHERE id = (SELECT max(id::text)::bytea FROM kept_outcomes WHERE created_at > now() - interval '1 minute')`;
    await runSql(latchkey.databaseUrl, set, [601]);
    await runSql(latchkey.databaseUrl, set, [590]);
    const purged = new Map<string, number>();
    await withServicesBeside(latchkey.databaseUrl, secrets, ({ cleanup }) =>
      cleanup.run((what, deleted) => void purged.set(what, deleted)),
    );
    expect(purged.get('outcomes kept for repeated requests')).toBe(1);
    expect(await runSql(latchkey.databaseUrl, 'SELECT FROM kept_outcomes')).toHaveLength(2);
  });
});

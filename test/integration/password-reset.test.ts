import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { useTestApp, withTestApp } from '../support/app.ts';
import { LOGIN, ME, newAccount, PASSWORD } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { confirmAddress, NEW_PASSWORD, REQUEST_RESET, RESET, send } from '../support/messages.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const latchkey = useTestApp({ env: { TRUSTED_PROXIES: 'loopback' } });
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

async function asked(count = 1, email = newAccount().email) {
  if (count === 1) await latchkey.client().signup({ email, username: newAccount().username });
  await send(latchkey.client(), REQUEST_RESET, { email });
  return { email, token: await latchkey.mail.tokenTo(email, 'reset-password', count) };
}

const reset = (token: string, password = NEW_PASSWORD) => send(latchkey.client(), RESET, { token, password });

test('of fifty parallel resets with one token one sets its password, and no other works', async () => {
  const { email, token } = await asked();
  const passwords = Array.from({ length: 50 }, (_, i) => `horse number ${i} of fifty`);
  const answers = await Promise.all(passwords.map((password) => reset(token, password)));
  const changed = answers.flatMap(({ __typename }, i) => (__typename === 'PasswordChanged' ? [i] : []));
  expect(changed).toHaveLength(1);
  expect(new Set(answers.map(({ __typename }) => __typename))).toEqual(
    new Set(['PasswordChanged', 'InvalidTokenError']),
  );
  const works: number[] = [];
  for (const [i, password] of passwords.entries()) {
    const { __typename } = await send(latchkey.client(), LOGIN, { input: { identifier: email, password } });
    if (__typename === 'Authentication') works.push(i);
    await sql('DELETE FROM lockouts');
  }
  expect(works).toEqual(changed);
});

test('a reset ends every session, personal access token and other link, and signs nobody in', async () => {
  const [first, second] = await signIn(latchkey, 2);
  const { email } = (await first.client.data(ME)).me;
  await confirmAddress(latchkey, email);
  const { token: script } = await makeToken(first.client, 'profile:read');
  const verification = await latchkey.mail.tokenTo(email);
  const tokens: string[] = [];
  for (const count of [1, 2]) {
    await send(latchkey.client(), REQUEST_RESET, { email });
    tokens.push(await latchkey.mail.tokenTo(email, 'reset-password', count));
  }
  const [older = '', newer = ''] = tokens;
  expect((await reset(older))['code']).toBe('INVALID_TOKEN');
  const answer = await reset(newer);
  expect(answer).toMatchObject({
    __typename: 'PasswordChanged',
    user: { email, emailVerified: true },
    terminatedSessionCount: 2,
  });
  expect(JSON.stringify(answer)).not.toContain('accessToken');
  for (const { client } of [first, second]) {
    expect((await client.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(await client.refresh()).toMatchObject({ endReason: 'PASSWORD_CHANGED' });
  }
  expect((await bearing(latchkey, script).send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  for (const used of [newer, verification]) expect((await reset(used))['code']).toBe('INVALID_TOKEN');
  const subjects = (await latchkey.mail.to(email, 5)).map(({ subject }) => subject);
  expect(subjects).toContain('Your password for Latchkey has changed');
});

test('what the database holds is worthless as a token', async () => {
  const { email, token } = await asked();
  const rows = await sql(
    'SELECT id, salt, digest FROM one_time_tokens WHERE email_key = $1 AND purpose = $2',
    [email, 'reset_password'],
  );
  const [{ id, salt, digest }] = rows as [{ id: string; salt: Buffer; digest: Buffer }];
  expect(digest).toEqual(createHash('sha256').update(token).digest());
  for (const stored of [digest, salt])
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const text = stored.toString(encoding);
      for (const attempt of [text, `lko_${text}`])
        expect((await reset(attempt))['code']).toBe('INVALID_TOKEN');
    }
  expect((await reset(id))['code']).toBe('INVALID_TOKEN');
  const dump =
    JSON.stringify(await sql('SELECT * FROM mails')) + JSON.stringify(await sql('SELECT * FROM events'));
  expect(dump).not.toContain(token.slice(4, 20));
  expect((await reset(token)).__typename).toBe('PasswordChanged');
});

test('personal access tokens outlive a reset of a confirmed account where the operator keeps them', () =>
  withTestApp({ env: { PASSWORD_RESET_REVOKES_TOKENS: 'false' } }, async (app) => {
    const [{ client }] = await signIn(app, 1);
    const { email } = (await client.data(ME)).me;
    for (const [count, works] of [
      // The first one confirms the address.
      [1, false],
      [2, true],
    ] as const) {
      const owner = app.client();
      await owner.login({ identifier: email, password: count === 1 ? PASSWORD : NEW_PASSWORD });
      const { token: script } = await makeToken(owner, 'profile:read');
      await send(app.client(), REQUEST_RESET, { email });
      const token = await app.mail.tokenTo(email, 'reset-password', count);
      expect((await send(app.client(), RESET, { token, password: NEW_PASSWORD })).__typename).toBe(
        'PasswordChanged',
      );
      expect((await bearing(app, script).send(ME)).errors.length === 0).toBe(works);
    }
  }));

test('a refused password leaves the token valid', async () => {
  const { token, email } = await asked();
  expect(await reset(token, 'short')).toMatchObject({
    fields: [{ path: ['newPassword'], code: 'TOO_SHORT' }],
  });
  expect(await reset(token, `${email} ${email}`)).toMatchObject({
    fields: [{ code: 'TOO_COMMON' }],
  });
  expect((await reset(token)).__typename).toBe('PasswordChanged');
});

test('a reset ends the locks of an account', async () => {
  const { token, email } = await asked();
  // From where the account is not known.
  const login = async (password: string) => {
    const input = { identifier: email, password };
    const { data } = await latchkey.client().send(LOGIN, { input }, { 'x-forwarded-for': '203.0.113.9' });
    return data.login.__typename;
  };
  for (let i = 0; i < 5; i += 1) await login('not the right one');
  expect(await login(PASSWORD)).toBe('AuthRateLimitedError');
  await reset(token);
  expect(await login(NEW_PASSWORD)).toBe('Authentication');
});

test('an expired token is refused, and a disabled account has none', async () => {
  const { token, email } = await asked();
  await sql("UPDATE users SET account_status = 'DISABLED' WHERE email_key = $1", [email]);
  await send(latchkey.client(), REQUEST_RESET, { email });
  await eventually(async () => (await sql('SELECT FROM deferred_requests')).length === 0);
  expect(
    await sql("SELECT FROM mails WHERE kind = 'reset-password' AND recipient = $1", [email]),
  ).toHaveLength(1);
  expect((await reset(token))['code']).toBe('INVALID_TOKEN');
  const other = await asked();
  await sql("UPDATE one_time_tokens SET expires_at = now() - interval '1 second'");
  expect((await reset(other.token))['code']).toBe('EXPIRED_TOKEN');
});

describe('a change of password', () => {
  test('ends the links of messages', async () => {
    const { token, email } = await asked();
    const client = latchkey.client();
    await client.login({ identifier: email, password: PASSWORD });
    const change = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }`;
    const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await send(client, change, { input })).__typename).toBe('PasswordChanged');
    expect((await reset(token))['code']).toBe('INVALID_TOKEN');
  });
});

test('asking is answered alike for every address', async () => {
  const { email } = await asked();
  const answers = await Promise.all(
    [email, newAccount().email].map((address) => send(latchkey.client(), REQUEST_RESET, { email: address })),
  );
  expect(answers[0]).toEqual(answers[1]);
  expect((await send(latchkey.client(), REQUEST_RESET, { email: 'ada' }))['fields']).toEqual([
    { path: ['email'], code: 'MALFORMED' },
  ]);
});

import { describe, expect, test } from '@jest/globals';
import { RACES } from '../support/amounts.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN, ME, newAccount, PASSWORD, SIGNUP } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import {
  CONFIRM_CHANGE,
  LOGIN_STEP,
  NEW_PASSWORD,
  REQUEST_CHANGE,
  REQUEST_RESET,
  RESEND,
  RESET,
  SIGNUP_STEP,
  send,
  signUpConfirmed,
  signUpUnconfirmed,
  VERIFY,
} from '../support/messages.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { tokenIn } from '../support/recording-mail.ts';
import { runSql } from '../support/sql.ts';

describe('where addresses must be confirmed', () => {
  const latchkey = useTestApp({ env: { EMAIL_VERIFICATION: 'required' } });
  const sql = (statement: string, parameters: unknown[] = []) =>
    runSql(latchkey.databaseUrl, statement, parameters);
  const login = (identifier: string, password = PASSWORD) =>
    send(latchkey.client(), LOGIN_STEP, { input: { identifier, password } });

  test('an account signs in after its address is confirmed, and not before', async () => {
    const account = newAccount();
    const step = await send(latchkey.client(), SIGNUP_STEP, { input: { ...account, name: 'Ada' } });
    expect(step).toEqual({
      __typename: 'EmailVerificationRequired',
      step: 'VERIFY_EMAIL',
      message: expect.any(String),
      email: account.email,
    });
    await latchkey.mail.tokenTo(account.email);
    expect(await login(account.email)).toMatchObject({
      __typename: 'EmailVerificationRequired',
      email: `u***@example.com`,
    });
    // A sign-in sends the message again, and its link replaces the older one.
    const [first, second] = await latchkey.mail.to(account.email, 2);
    expect((await send(latchkey.client(), VERIFY, { token: tokenIn(first) }))['code']).toBe('INVALID_TOKEN');
    const verified = await send(latchkey.client(), VERIFY, { token: tokenIn(second) });
    expect(verified).toMatchObject({
      __typename: 'EmailVerified',
      user: { email: account.email, emailVerified: true, username: account.username, name: 'Ada' },
    });
    expect((await login(account.username)).__typename).toBe('Authentication');
    expect((await send(latchkey.client(), VERIFY, { token: tokenIn(second) }))['code']).toBe('INVALID_TOKEN');
  });

  test('a wrong password of an unconfirmed account is answered like any other', async () => {
    const { email } = await signUpUnconfirmed(latchkey);
    expect(await login(email, NEW_PASSWORD)).toEqual(await login('nobody@example.com', NEW_PASSWORD));
  });

  test('a sign-up with a known address is answered like one with a new one, and its owner is told', async () => {
    const account = await signUpConfirmed(latchkey);
    const other = newAccount();
    const answers = await Promise.all(
      [other.email, account.email].map((email) =>
        latchkey.client().send(SIGNUP_STEP, { input: { email, password: NEW_PASSWORD } }),
      ),
    );
    const [unknown, known] = answers.map(({ data, status, errors }) =>
      JSON.stringify({ data, status, errors }),
    );
    expect(known?.replace(account.email, 'an address')).toEqual(unknown?.replace(other.email, 'an address'));
    const [, notice] = await latchkey.mail.to(account.email, 2);
    expect(notice?.subject).toContain('signed up');
    expect(notice?.text).not.toContain('#token');
    expect((await login(account.email, NEW_PASSWORD)).__typename).toBe('InvalidCredentialsError');
    expect((await login(account.email)).__typename).toBe('Authentication');
  });

  test('a username is reserved alike by a sign-up with a known and with a new address', async () => {
    const { email: known } = await signUpConfirmed(latchkey);
    for (const email of [known, newAccount().email]) {
      const { username } = newAccount();
      const signUp = (address: string) =>
        send(latchkey.client(), SIGNUP_STEP, { input: { email: address, password: PASSWORD, username } });
      expect((await signUp(email)).__typename).toBe('EmailVerificationRequired');
      expect((await signUp(newAccount().email)).__typename).toBe('UsernameTakenError');
      const other = latchkey.client();
      await signUpConfirmed(latchkey).then(({ email: identifier }) =>
        other.login({ identifier, password: PASSWORD }),
      );
      const update = `mutation ($username: String!) { updateProfile(input: { username: $username }) { __typename } }`;
      expect((await send(other, update, { username })).__typename).toBe('UsernameTakenError');
    }
  });

  test('a username that was taken after its reservation ended stays with who has it', async () => {
    const { token, username } = await signUpUnconfirmed(latchkey);
    await sql("UPDATE username_reservations SET expires_at = now() - interval '1 second'");
    await signUpConfirmed(latchkey, { ...newAccount(), username });
    const verified = await send(latchkey.client(), VERIFY, { token });
    expect(verified).toMatchObject({ __typename: 'EmailVerified', user: { username: null } });
  });

  test('fifty sign-ups with one address make one account, and the latest message confirms it', async () => {
    const { email } = newAccount();
    await Promise.all(
      Array.from({ length: 50 }, () =>
        latchkey.client().data(SIGNUP, { input: { email, password: PASSWORD } }),
      ),
    );
    await eventually(async () => (await sql('SELECT FROM deferred_requests')).length === 0);
    await eventually(
      async () => (await sql('SELECT FROM mails WHERE sent_at IS NULL AND failed_at IS NULL')).length === 0,
    );
    expect(await sql('SELECT FROM users WHERE email_key = $1', [email])).toHaveLength(1);
    // One that was replaced before it was sent is not sent.
    const mails = await latchkey.mail.to(email);
    const answers = await Promise.all(
      mails.map((mail) => send(latchkey.client(), VERIFY, { token: tokenIn(mail) })),
    );
    expect(answers.filter(({ __typename }) => __typename === 'EmailVerified')).toHaveLength(1);
  });

  test('a sign-in neither confirms nor displaces the later sign-up of somebody else', async () => {
    const account = await signUpUnconfirmed(latchkey);
    const { email } = account;
    await send(latchkey.client(), SIGNUP_STEP, { input: { email, password: NEW_PASSWORD } });
    const token = await latchkey.mail.tokenTo(email, 'verify-email', 2);
    expect((await login(email)).__typename).toBe('EmailVerificationRequired');
    await eventually(async () => (await sql('SELECT FROM deferred_requests')).length === 0);
    // The message of the later sign-up still confirms its own password, as it says.
    expect((await send(latchkey.client(), VERIFY, { token })).__typename).toBe('EmailVerified');
    expect((await login(email)).__typename).toBe('InvalidCredentialsError');
    expect((await login(email, NEW_PASSWORD)).__typename).toBe('Authentication');
    expect(await latchkey.mail.to(email)).toHaveLength(3);
  });

  test('requests of strangers do not keep a sign-up from its message', async () => {
    const { email } = newAccount();
    const signUp = (password: string) => send(latchkey.client(), SIGNUP_STEP, { input: { email, password } });
    for (const password of ['a password of a stranger', 'another one of the stranger'])
      await signUp(password);
    const settled = () => eventually(async () => (await sql('SELECT FROM deferred_requests')).length === 0);
    for (let i = 0; i < 8; i += 1) {
      await send(latchkey.client(), RESEND, { email });
      await settled();
    }
    await signUp(PASSWORD);
    await settled();
    await eventually(async () => (await sql('SELECT FROM mails WHERE sent_at IS NULL')).length === 0);
    const token = tokenIn((await latchkey.mail.to(email)).at(-1));
    expect((await send(latchkey.client(), VERIFY, { token })).__typename).toBe('EmailVerified');
    expect((await login(email)).__typename).toBe('Authentication');
  });

  test('a role that is given later keeps the password of a further sign-up out', async () => {
    const { email } = await signUpUnconfirmed(latchkey);
    await send(latchkey.client(), SIGNUP_STEP, { input: { email, password: NEW_PASSWORD } });
    const token = await latchkey.mail.tokenTo(email, 'verify-email', 2);
    await sql("UPDATE users SET roles = '{user,admin}' WHERE email_key = $1", [email]);
    expect((await send(latchkey.client(), VERIFY, { token })).__typename).toBe('EmailVerified');
    expect((await login(email, NEW_PASSWORD)).__typename).toBe('InvalidCredentialsError');
    expect((await login(email)).__typename).toBe('Authentication');
  });

  test('a further sign-up says that it replaces the password, and its owner is told that it did', async () => {
    const account = await signUpUnconfirmed(latchkey);
    await send(latchkey.client(), SIGNUP_STEP, { input: { email: account.email, password: NEW_PASSWORD } });
    const token = await latchkey.mail.tokenTo(account.email, 'verify-email', 2);
    expect((await latchkey.mail.to(account.email)).at(-1)?.text).toContain('replaces the password');
    await send(latchkey.client(), VERIFY, { token });
    const [, , notice] = await latchkey.mail.to(account.email, 3);
    expect(notice?.subject).toBe('Your password for Latchkey has changed');
    expect((await login(account.email, NEW_PASSWORD)).__typename).toBe('Authentication');
  });

  test.each([
    ['with a role', "UPDATE users SET roles = '{user,admin}' WHERE email_key = $1"],
    ['that was invited', 'DELETE FROM passwords USING users WHERE users.id = user_id AND email_key = $1'],
  ])('a further sign-up cannot take over an account %s', async (_what, statement) => {
    const { email } = await signUpUnconfirmed(latchkey);
    await sql(statement, [email]);
    await send(latchkey.client(), SIGNUP_STEP, { input: { email, password: NEW_PASSWORD } });
    const [, notice] = await latchkey.mail.to(email, 2);
    expect(notice?.text).not.toContain('#token=');
    const token = await latchkey.mail.tokenTo(email);
    expect((await send(latchkey.client(), VERIFY, { token })).__typename).toBe('EmailVerified');
    expect((await login(email, NEW_PASSWORD)).__typename).toBe('InvalidCredentialsError');
  });

  test('a message names the origin of the sign-up that it confirms, whoever asks for it again', async () => {
    const { email } = newAccount();
    const browser = (name: string) => ({
      'user-agent': `Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 ${name}`,
    });
    await latchkey
      .client()
      .send(SIGNUP_STEP, { input: { email, password: PASSWORD } }, browser('Firefox/141.0'));
    await latchkey.mail.tokenTo(email);
    await latchkey.client().send(RESEND, { email }, browser('Firefox/99.0'));
    await latchkey.mail.tokenTo(email, 'verify-email', 2);
    for (const { text } of await latchkey.mail.to(email)) expect(text).toContain('with Firefox 141 on Linux');
  });

  test('an expired token is told apart from an invalid one', async () => {
    const { token, email } = await signUpUnconfirmed(latchkey);
    await sql("UPDATE one_time_tokens SET expires_at = now() - interval '1 second' WHERE email_key = $1", [
      email,
    ]);
    expect((await send(latchkey.client(), VERIFY, { token }))['code']).toBe('EXPIRED_TOKEN');
    // The next message takes over what the sign-up asked for.
    await send(latchkey.client(), RESEND, { email });
    const next = await latchkey.mail.tokenTo(email, 'verify-email', 2);
    expect((await send(latchkey.client(), VERIFY, { token: next })).__typename).toBe('EmailVerified');
    expect((await login(email)).__typename).toBe('Authentication');
  });

  test('asking again is answered alike for all addresses, and sends only where there is something to confirm', async () => {
    const unconfirmed = await signUpUnconfirmed(latchkey);
    const confirmed = await signUpConfirmed(latchkey);
    const addresses = [unconfirmed.email, confirmed.email, newAccount().email];
    const answers = await Promise.all(addresses.map((email) => send(latchkey.client(), RESEND, { email })));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await latchkey.mail.to(unconfirmed.email, 2);
    await eventually(async () => (await sql('SELECT FROM deferred_requests')).length === 0);
    expect(await sql('SELECT FROM mails WHERE recipient = ANY($1)', [addresses.slice(1)])).toHaveLength(1);
    expect((await send(latchkey.client(), RESEND, { email: 'nobody' }))['fields']).toEqual([
      { path: ['email'], code: 'MALFORMED' },
    ]);
  });
});

describe('where it is optional', () => {
  const latchkey = useTestApp();

  test('a sign-up signs in at once, and its address can be confirmed', async () => {
    const client = latchkey.client();
    const account = newAccount();
    await client.signup(account);
    expect((await send(latchkey.client(), SIGNUP_STEP, { input: account })).__typename).toBe(
      'EmailTakenError',
    );
    const token = await latchkey.mail.tokenTo(account.email);
    expect(await send(latchkey.client(), VERIFY, { token })).toMatchObject({ user: { emailVerified: true } });
    expect(await client.refresh()).toMatchObject({ endReason: 'EMAIL_VERIFIED' });
    await client.login({ identifier: account.email, password: PASSWORD });
    expect((await client.data(ME)).me.username).toBe(account.username);
  });
});

/** Somebody who signed up with an address that is not theirs, and keeps all that an account gives. */
async function hijack(client: GraphQLClient, url: string) {
  const { token: script } = await makeToken(client, 'profile:read');
  const stream = await EventStream.open(url, {
    query: 'subscription { mySessionChanged { kind session { endReason } } }',
    headers: { authorization: `Bearer ${client.accessToken}` },
  });
  return { client, script, stream };
}

describe('pre-hijacking', () => {
  const latchkey = useTestApp();

  async function expectNothingLeft({ client, script, stream }: Awaited<ReturnType<typeof hijack>>) {
    await stream.until(() => stream.ended);
    expect(stream.text).toContain('ENDED');
    expect((await client.refresh()).__typename).toBe('SessionEndedError');
    expect((await client.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect((await bearing(latchkey, script).send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  }

  async function attackerOf(email: string) {
    const client = latchkey.client();
    await client.signup({ email, username: newAccount().username });
    return hijack(client, latchkey.url);
  }

  test('ends when the owner signs up again and confirms the address', async () => {
    const { email } = newAccount();
    const attacker = await attackerOf(email);
    // The attacker also has a change of the address under way.
    const theirs = newAccount().email;
    await send(attacker.client, REQUEST_CHANGE, { email: theirs });
    const change = await latchkey.mail.tokenTo(theirs, 'confirm-email-change');
    await latchkey.restart({ EMAIL_VERIFICATION: 'required' });
    const { accessToken, refreshToken } = attacker.client;
    const client = Object.assign(latchkey.client(), { accessToken, refreshToken });
    const again = await hijack(client, latchkey.url);
    await send(latchkey.client(), SIGNUP_STEP, { input: { email, password: NEW_PASSWORD } });
    const token = await latchkey.mail.tokenTo(email, 'verify-email', 2);
    expect((await send(latchkey.client(), VERIFY, { token })).__typename).toBe('EmailVerified');
    await expectNothingLeft(again);
    expect((await send(latchkey.client(), CONFIRM_CHANGE, { token: change }))['code']).toBe('INVALID_TOKEN');
    const byAttacker = { identifier: email, password: PASSWORD };
    expect((await send(latchkey.client(), LOGIN, { input: byAttacker })).__typename).toBe(
      'InvalidCredentialsError',
    );
    await latchkey.client().login({ identifier: email, password: NEW_PASSWORD });
    await latchkey.restart();
  });

  test('ends when the owner resets the password', async () => {
    const { email } = newAccount();
    const attacker = await attackerOf(email);
    await send(latchkey.client(), REQUEST_RESET, { email });
    const token = await latchkey.mail.tokenTo(email, 'reset-password');
    expect(await send(latchkey.client(), RESET, { token, password: NEW_PASSWORD })).toMatchObject({
      __typename: 'PasswordChanged',
      user: { emailVerified: true },
    });
    await expectNothingLeft(attacker);
    await latchkey.client().login({ identifier: email, password: NEW_PASSWORD });
  });

  test('leaves no session by a refresh or a sign-in that races with the confirmation', async () => {
    for (let round = 0; round < Math.max(RACES, 50); round += 1) {
      const { email } = newAccount();
      const attacker = latchkey.client();
      await attacker.signup({ email, username: newAccount().username });
      const token = await latchkey.mail.tokenTo(email);
      const [verified] = await Promise.all([
        send(latchkey.client(), VERIFY, { token }),
        attacker.refresh(),
        attacker.refresh(),
      ]);
      expect(verified.__typename).toBe('EmailVerified');
      expect((await attacker.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
      expect((await attacker.refresh()).__typename).toBe('SessionEndedError');
    }
  });
});

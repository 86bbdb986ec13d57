import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD, REFRESH } from '../support/client.ts';
import { runCommand, settingsBeside } from '../support/command.ts';
import { newSecrets } from '../support/secrets.ts';
import { signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const WRONG = 'not the right one';
const UNLOCK = `mutation ($id: ID!) { unlockUser(id: $id) { __typename
  ... on UserUpdated { user { id lockedUntil } } ... on AuthError { code } } }`;
const LOCKED_UNTIL = 'query ($id: ID!) { user(id: $id) { lockedUntil } }';
const REAUTHENTICATE = `mutation ($password: String!) { reauthenticate(input: { password: $password }) { __typename
  ... on AccountLockedError { code message lockedUntil } } }`;
const CHANGE = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename
  ... on AccountLockedError { code lockedUntil } } }`;

const secrets = newSecrets();
const latchkey = useTestApp({ env: { ...secrets, TRUSTED_PROXIES: 'loopback' } });

/** A login from an address that nobody has signed in from. */
function login(identifier: string, password: string, address = '203.0.113.7') {
  return latchkey.client().send(LOGIN, { input: { identifier, password } }, { 'x-forwarded-for': address });
}

async function lock(identifier: string): Promise<void> {
  for (let i = 0; i < 5; i += 1)
    expect((await login(identifier, WRONG)).data.login.code).toBe('INVALID_CREDENTIALS');
}

async function newOwner() {
  const account = newAccount();
  const client = latchkey.client();
  const { user } = await client.signup(account);
  return { ...account, client, id: user.id as string };
}

describe('while an identifier is locked', () => {
  test('login answers alike for an account that exists and one that does not, whatever the password', async () => {
    const { email } = await newOwner();
    await lock(email);
    await lock('nobody@example.com');
    const answers = await Promise.all([
      login(email, PASSWORD),
      login(email, WRONG),
      login('nobody@example.com', PASSWORD),
    ]);
    const [first, ...others] = answers.map(({ status, data, errors, headers }) => ({
      status,
      data,
      errors,
      headers: [...headers.keys()].sort(),
      retryAfter: Number(headers.get('retry-after')),
    }));
    for (const answer of others)
      expect({ ...answer, data: null, retryAfter: 0 }).toEqual({ ...first, data: null, retryAfter: 0 });
    for (const { data, headers } of answers) {
      const { retryAfterSeconds, ...error } = data.login;
      expect(error).toMatchObject({ __typename: 'AuthRateLimitedError', code: 'RATE_LIMITED' });
      expect(retryAfterSeconds).toBeGreaterThan(890);
      expect(retryAfterSeconds).toBeLessThanOrEqual(900);
      expect(headers.get('retry-after')).toBe(String(retryAfterSeconds));
    }
  });

  test('its sessions refresh, and the other identifier of the account signs in', async () => {
    const { email, username, client } = await newOwner();
    await lock(email);
    expect(
      (await client.data(REFRESH, { input: { refreshToken: client.refreshToken } })).refreshSession
        .__typename,
    ).toBe('Authentication');
    expect((await login(username, PASSWORD)).data.login.__typename).toBe('Authentication');
  });

  test('it stays locked across a restart', async () => {
    const { email } = await newOwner();
    await lock(email);
    await latchkey.restart();
    expect((await login(email, PASSWORD)).data.login.__typename).toBe('AuthRateLimitedError');
  });
});

test('a signed-in user is told until when the password cannot be checked, and stays signed in', async () => {
  const { client, email } = await newOwner();
  for (let i = 0; i < 5; i += 1)
    expect((await client.data(REAUTHENTICATE, { password: WRONG })).reauthenticate.__typename).toBe(
      'InvalidCredentialsError',
    );
  const { reauthenticate } = await client.data(REAUTHENTICATE, { password: PASSWORD });
  const input = { currentPassword: PASSWORD, newPassword: 'another walk by the lake' };
  const { changePassword } = await client.data(CHANGE, { input });
  expect(reauthenticate).toMatchObject({ __typename: 'AccountLockedError', code: 'ACCOUNT_LOCKED' });
  expect(changePassword).toMatchObject({ code: 'ACCOUNT_LOCKED', lockedUntil: reauthenticate.lockedUntil });
  const minutes = (Date.parse(reauthenticate.lockedUntil) - Date.now()) / 60_000;
  expect(Math.round(minutes)).toBe(15);
  expect((await client.data('{ me { email } }')).me.email).toBe(email);
  expect((await login(email, PASSWORD)).data.login.__typename).toBe('Authentication');
});

describe('an administrator', () => {
  test('sees until when an account is locked, and ends the lock', async () => {
    const admin = await signInAdministrator(latchkey);
    const { email, username, id, client } = await newOwner();
    expect((await admin.data(LOCKED_UNTIL, { id })).user.lockedUntil).toBeNull();
    await lock(email);
    await lock(username);
    const { lockedUntil } = (await admin.data(LOCKED_UNTIL, { id })).user;
    expect(Math.round((Date.parse(lockedUntil) - Date.now()) / 60_000)).toBe(15);
    expect((await client.send(LOCKED_UNTIL, { id })).errors[0]?.extensions['code']).toBe('FORBIDDEN');

    const { unlockUser } = await admin.data(UNLOCK, { id });
    expect(unlockUser).toEqual({ __typename: 'UserUpdated', user: { id, lockedUntil: null } });
    for (const identifier of [email, username])
      expect((await login(identifier, PASSWORD)).data.login.__typename).toBe('Authentication');
    const events = await runSql(
      latchkey.databaseUrl,
      `SELECT outcome FROM events WHERE type = 'lockout.ended' AND subject_id = $1`,
      [id],
    );
    expect(events).toHaveLength(1);
  });

  test('is told of a user who does not exist, and others may not unlock', async () => {
    const admin = await signInAdministrator(latchkey);
    const { client, id } = await newOwner();
    const { unlockUser } = await admin.data(UNLOCK, { id: '00000000-0000-4000-8000-000000000000' });
    expect(unlockUser).toEqual({ __typename: 'AuthNotFoundError', code: 'NOT_FOUND' });
    expect((await client.send(UNLOCK, { id })).errors[0]?.extensions['code']).toBe('FORBIDDEN');
    expect((await admin.send(UNLOCK, { id: 'x' })).errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });
});

test.each([
  ['unlock', '', PASSWORD],
  ['set-password', 'another walk by the lake\n', 'another walk by the lake'],
])('the command %s ends the locks of an account', async (name, input, password) => {
  const { email } = await newOwner();
  await lock(email);
  const ended = await runCommand([name, email], settingsBeside(latchkey.databaseUrl, secrets), input);
  expect(ended).toEqual({ code: 0, output: expect.stringContaining(email) });
  expect((await login(email, password)).data.login.__typename).toBe('Authentication');
});

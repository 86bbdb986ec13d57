import { describe, expect, test } from '@jest/globals';
import { useTestApp, withTestApp } from '../support/app.ts';
import { from } from '../support/callers.ts';
import { type GraphQLClient, LOGIN, ME, newAccount, PASSWORD } from '../support/client.ts';
import { confirmAddress, DELETE, NEW_PASSWORD, REQUEST_RESET, RESET, send } from '../support/messages.ts';
import { makeToken, REVOKE_TOKEN, ROTATE_TOKEN } from '../support/personal-access-tokens.ts';
import { withTestServices } from '../support/services.ts';
import { signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const latchkey = useTestApp({ env: { TRUSTED_PROXIES: 'loopback', REFRESH_GRACE_SECONDS: '0' } });

async function owner() {
  const account = newAccount();
  const client = latchkey.client();
  await client.signup(account);
  await confirmAddress(latchkey, account.email);
  return { client, email: account.email };
}

/** The subjects of an account's messages after that of its sign-up, once there are so many. */
async function noticesTo(email: string, count: number): Promise<string[]> {
  return (await latchkey.mail.to(email, count + 1)).slice(1).map(({ subject }) => subject);
}

const login = async (identifier: string, address: string, client: GraphQLClient = latchkey.client()) => {
  const headers = {
    'x-forwarded-for': address,
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0',
  };
  const input = { identifier, password: PASSWORD, refreshTokenTransport: 'COOKIE' };
  expect((await client.send(LOGIN, { input }, headers)).data.login.__typename).toBe('Authentication');
};

describe('the owner is told', () => {
  test('of a changed password, and of a reset', async () => {
    const { client, email } = await owner();
    const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }';
    expect((await send(client, change, { input })).__typename).toBe('PasswordChanged');
    await send(latchkey.client(), REQUEST_RESET, { email });
    await send(latchkey.client(), RESET, {
      token: await latchkey.mail.tokenTo(email, 'reset-password'),
      password: PASSWORD,
    });
    expect(await noticesTo(email, 3)).toEqual([
      'Your password for Latchkey has changed',
      'Reset your password for Latchkey',
      'Your password for Latchkey has changed',
    ]);
  });

  test('of personal access tokens that are created and rotated', async () => {
    const { client, email } = await owner();
    const { id, token } = await makeToken(client, 'profile:read');
    await client.data(ROTATE_TOKEN, { id });
    const created = 'A personal access token was created at Latchkey';
    expect(await noticesTo(email, 2)).toEqual([created, created]);
    const [, first] = await latchkey.mail.to(email);
    expect(first?.text).toContain('“deploy”');
    expect(first?.text).not.toContain(token);
  });

  test('of personal access tokens that are revoked: by the owner, by an administrator, as leaked', async () => {
    const { client, email } = await owner();
    const tokens = [];
    for (let i = 0; i < 3; i += 1) tokens.push(await makeToken(client, 'profile:read'));
    const [own, administered, leaked] = tokens;
    const revoke = (by: GraphQLClient, id: string | undefined, address: string) =>
      by.send(REVOKE_TOKEN, { id }, { 'x-forwarded-for': address });
    const administrator = await signInAdministrator(latchkey);
    const answers = [
      await revoke(client, own?.id, '203.0.113.20'),
      await revoke(administrator, administered?.id, '203.0.113.21'),
    ];
    for (const { data } of answers)
      expect(data.revokePersonalAccessToken.__typename).toBe('PersonalAccessTokenRevoked');
    // The second report finds it revoked, and tells nobody again.
    for (let i = 0; i < 2; i += 1)
      await latchkey
        .client()
        .send(
          'mutation ($token: String!) { revokeLeakedToken(input: { token: $token }) { __typename } }',
          { token: leaked?.token },
          { 'x-forwarded-for': '203.0.113.22' },
        );
    await makeToken(client, 'profile:read');
    const messages = (await latchkey.mail.to(email, 8)).slice(4);
    expect(messages.map(({ subject }) => subject)).toEqual([
      'A personal access token was revoked at Latchkey',
      'A personal access token was revoked at Latchkey',
      'A personal access token was reported as leaked and revoked',
      'A personal access token was created at Latchkey',
    ]);
    for (const { text } of messages) expect(text).toContain('“deploy”');
    expect(messages[0]?.text).toContain('IP address: 203.0.113.20');
    for (const { text, html } of messages.slice(1, 3)) expect(text + html).not.toMatch(/203\.0\.113|Device/);
  });

  test('of a refresh token that was used again', async () => {
    const { client, email } = await owner();
    const stolen = client.refreshToken;
    await client.refresh();
    await client.refresh();
    expect((await latchkey.client().refresh(stolen)).__typename).toBe('SessionEndedError');
    expect(await noticesTo(email, 1)).toEqual(['You were signed out of Latchkey on one device']);
  });

  test('of a sign-in with a new device, and of none that is known by its address or cookie', async () => {
    const { email } = await owner();
    // The sign-up came from this machine.
    await login(email, '127.0.0.1');
    const browser = latchkey.client();
    await login(email, '203.0.113.7', browser);
    expect(await noticesTo(email, 1)).toEqual(['New sign-in to Latchkey']);
    const [, notice] = await latchkey.mail.to(email, 2);
    expect(notice?.text).toContain('Device: Firefox 140 on Linux\nIP address: 203.0.113.7');
    await login(email, '203.0.113.7');
    await login(email, '198.51.100.9', browser);
    // Fenced by another notice.
    await makeToken(Object.assign(latchkey.client(), await tokensOf(email)), 'profile:read');
    expect((await noticesTo(email, 2)).filter((subject) => subject.startsWith('New sign-in'))).toHaveLength(
      1,
    );
  });

  test('of a sign-in from elsewhere after a long absence, when no session is left', async () => {
    const { email } = await owner();
    // Some time after the account was made.
    await login(email, '127.0.0.1');
    await runSql(latchkey.databaseUrl, 'DELETE FROM sessions');
    await login(email, '203.0.113.8');
    expect(await noticesTo(email, 1)).toEqual(['New sign-in to Latchkey']);
  });

  test('of a right password that was not let in, once an hour', () =>
    withTestApp({ env: { STUFFING_IDENTIFIERS: '1', TRUSTED_PROXIES: 'loopback' } }, async (app) => {
      const account = newAccount();
      await app.client().signup(account);
      await confirmAddress(app, account.email);
      const attempt = async (identifier: string, password: string) => {
        const headers = { 'x-forwarded-for': '203.0.113.66' };
        return (await app.client().send(LOGIN, { input: { identifier, password } }, headers)).data.login;
      };
      for (let i = 0; i < 5; i += 1) await attempt(newAccount().email, 'not the right one');
      for (let i = 0; i < 2; i += 1)
        expect((await attempt(account.email, PASSWORD)).__typename).toBe('AuthRateLimitedError');
      const [, notice] = await app.mail.to(account.email, 2);
      expect(notice?.subject).toBe('A sign-in to Latchkey was blocked');
      const kinds = await runSql(app.databaseUrl, "SELECT FROM mails WHERE kind = 'sign-in-blocked'");
      expect(kinds).toHaveLength(1);
      const events = await runSql(app.databaseUrl, "SELECT FROM events WHERE type = 'user.login_blocked'");
      expect(events).toHaveLength(2);
    }));
});

async function tokensOf(identifier: string) {
  const { accessToken } = await latchkey.client().login({ identifier, password: PASSWORD });
  return { accessToken };
}

test('whose address is not confirmed gets no notice: strangers could write to anybody', async () => {
  const account = newAccount();
  const client = latchkey.client();
  await client.signup(account);
  await makeToken(client, 'profile:read');
  await client.data(DELETE, { password: PASSWORD });
  const kinds = await runSql(latchkey.databaseUrl, 'SELECT kind FROM mails WHERE recipient = $1', [
    account.email,
  ]);
  expect(kinds).toEqual([{ kind: 'verify-email' }]);
});

test('a change that rolls back tells nobody', async () => {
  const { client, email } = await owner();
  await runSql(
    latchkey.databaseUrl,
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
     CREATE TRIGGER refuse BEFORE INSERT ON mails FOR EACH ROW WHEN (NEW.kind = 'personal-access-token-created')
     EXECUTE FUNCTION refuse()`,
  );
  // The message is part of the change: without it there is no token.
  const create = `mutation { createPersonalAccessToken(input: { name: "x", scopes: ["profile:read"] }) { __typename } }`;
  expect((await client.send(create)).errors[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
  await runSql(latchkey.databaseUrl, 'DROP TRIGGER refuse ON mails; DROP FUNCTION refuse');
  const tokens = '{ me { email personalAccessTokens { totalCount } } }';
  expect((await client.data(tokens)).me).toEqual({ email, personalAccessTokens: { totalCount: 0 } });
  expect((await client.data(ME)).me.email).toBe(email);
});

describe('the end of a personal access token', () => {
  const CASES = [
    // Lifetime in days, days left, and what the owner is told.
    { lifetime: 30, left: 8, told: null },
    { lifetime: 30, left: 6.99, told: 7 },
    { lifetime: 30, left: 0.9, told: 0 },
    { lifetime: 7, left: 6.5, told: null },
    { lifetime: 7, left: 0.5, told: 0 },
    { lifetime: 1, left: 0.5, told: null },
    { lifetime: 30, left: -0.1, told: null },
  ];

  test.each(CASES)('of $lifetime days is announced with $left days left: $told', ({ lifetime, left, told }) =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      const outcome = await services.signups.signup(from('192.0.2.1'), newAccount(), 'BODY');
      if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
      const { user, session } = outcome;
      const caller = {
        principal: {
          kind: 'session' as const,
          userId: user.id,
          sessionId: session.id,
          scopes: new Set<never>(),
          expiresAt: session.expiresAt,
          notBefore: null,
        },
        origin: from('192.0.2.1').origin,
      };
      await runSql(databaseUrl, 'UPDATE users SET email_verified = true');
      const input = { name: 'nightly', scopes: ['profile:read'], expiresInDays: lifetime };
      expect((await services.personalAccessTokens.create(caller, input)).kind).toBe('created');
      await runSql(
        databaseUrl,
        `UPDATE personal_access_tokens SET created_at = now() - make_interval(secs => $1::float * 86400),
           expires_at = now() + make_interval(secs => $2::float * 86400)`,
        [lifetime - left, left],
      );
      for (let i = 0; i < 2; i += 1) await services.expiryNotices.run();
      const mails = await runSql(
        databaseUrl,
        "SELECT data FROM mails WHERE kind = 'personal-access-token-expiring'",
      );
      expect(mails).toEqual(told === null ? [] : [{ data: { tokenName: 'nightly', days: told } }]);
    }),
  );
});

import { describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { useTestApp } from '../support/app.ts';
import {
  type GraphQLClient,
  LOGIN,
  ME,
  newAccount,
  PASSWORD,
  REAUTHENTICATE,
  SIGNUP,
} from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { withTestServices } from '../support/services.ts';
import { nobody } from '../support/session-model/actions.ts';
import { expectSignedIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const latchkey = useTestApp();

describe('signup', () => {
  test('makes an account and signs in as its owner', async () => {
    const visitor = latchkey.client();
    const account = newAccount();
    const { user } = await visitor.signup(account);
    expect(user).toMatchObject({ email: account.email, username: account.username });
    expect((await visitor.data(ME)).me.id).toBe(user.id);
  });

  test('tells everything that is wrong at once, and makes no account', async () => {
    const { signup } = await latchkey
      .client()
      .data(SIGNUP, { input: { email: 'x@', username: 'a b', password: 'short' } });
    expect(signup.__typename).toBe('AuthInvalidInputError');
    expect(
      signup.fields.map(({ path, code }: { path: string[]; code: string }) => [path.join(), code]),
    ).toEqual([
      ['email', 'MALFORMED'],
      ['username', 'MALFORMED'],
      ['password', 'TOO_SHORT'],
    ]);
  });

  test('refuses a taken address and a taken username, however they are spelt', async () => {
    const account = newAccount();
    await latchkey.client().signup(account);
    const again = (input: object) => latchkey.client().data(SIGNUP, { input: { ...newAccount(), ...input } });
    expect((await again({ email: account.email.toUpperCase() })).signup.code).toBe('EMAIL_TAKEN');
    expect((await again({ email: account.email.replace('@', '＠') })).signup.code).toBe('EMAIL_TAKEN');
    expect((await again({ username: account.username.toUpperCase() })).signup.code).toBe('USERNAME_TAKEN');
  });

  test('refuses a reserved username before any look-up, alike for new and known addresses', async () => {
    const known = newAccount();
    await latchkey.client().signup(known);
    const choose = (input: object) =>
      latchkey.client().data(SIGNUP, { input: { ...newAccount(), ...input } });
    const answers = await Promise.all([
      choose({ username: 'admin' }),
      choose({ username: 'ＲＯＯＴ' }),
      choose({ username: 'Support', email: known.email }),
    ]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.signup.code).toBe('USERNAME_TAKEN');
  });

  test('fifty signups at once with spellings of one address make one account', async () => {
    const { email } = newAccount();
    const spellings = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? email : email.toUpperCase()));
    const answers = await Promise.all(
      spellings.map((spelling) =>
        latchkey.client().data(SIGNUP, { input: { email: spelling, password: PASSWORD } }),
      ),
    );
    const kinds = answers.map(({ signup }) => signup.__typename);
    expect(kinds.filter((kind) => kind === 'Authentication')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'EmailTakenError')).toHaveLength(49);
    const [row] = await runSql(
      latchkey.databaseUrl,
      'SELECT count(*)::int AS n FROM users WHERE email_key = $1',
      [email],
    );
    expect(row?.['n']).toBe(1);
  });

  test.each([
    'emailVerified: true',
    'roles: ["admin"]',
    'id: "1"',
    'accountStatus: ACTIVE',
    'createdAt: "2020"',
  ])('has no way to say %s', async (field) => {
    const { errors } = await latchkey
      .client()
      .send(
        `mutation { signup(input: { email: "x@example.com", password: "${PASSWORD}", ${field} }) { __typename } }`,
      );
    expect(errors[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

describe('login', () => {
  test('takes the e-mail address or the username, in any case', async () => {
    const account = newAccount();
    const { user } = await latchkey.client().signup(account);
    for (const identifier of [
      account.email,
      account.email.toUpperCase(),
      account.username,
      account.username.toUpperCase(),
    ]) {
      expect((await latchkey.client().login({ identifier, password: PASSWORD })).user.id).toBe(user.id);
    }
  });

  test('answers alike for an unknown name, a wrong password and a disabled account', async () => {
    const known = newAccount();
    const disabled = newAccount();
    await latchkey.client().signup(known);
    const { user } = await latchkey.client().signup(disabled);
    await runSql(latchkey.databaseUrl, `UPDATE users SET account_status = 'DISABLED' WHERE id = $1`, [
      user.id,
    ]);
    const wrong = (identifier: string) =>
      latchkey.client().send(LOGIN, { input: { identifier, password: 'not the right password' } });
    const answers = await Promise.all(
      ['nobody@example.com', 'nobody', 'no name at all!', known.email, known.username, disabled.email].map(
        wrong,
      ),
    );
    const bodies = answers.map(({ status, data, errors }) => JSON.stringify({ status, data, errors }));
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toContain('INVALID_CREDENTIALS');
    // After the right password, and only then, the state is told.
    const told = await latchkey
      .client()
      .data(LOGIN, { input: { identifier: disabled.email, password: PASSWORD } });
    expect(told.login.code).toBe('ACCOUNT_DISABLED');
  });

  test('refuses a password too long to be one before it is hashed, alike for known and unknown', async () => {
    const account = newAccount();
    await latchkey.client().signup(account);
    const attempt = (identifier: string) =>
      latchkey.client().data(LOGIN, { input: { identifier, password: 'x'.repeat(257) } });
    const [known, unknown] = await Promise.all([attempt(account.email), attempt('nobody@example.com')]);
    expect(known).toEqual(unknown);
    expect(known.login.fields[0].code).toBe('TOO_LONG');
  });

  test('is not barred by a bad Authorization header', async () => {
    const account = newAccount();
    await latchkey.client().signup(account);
    const visitor = latchkey.client();
    visitor.accessToken = 'expired.or.worse';
    expect((await visitor.login({ identifier: account.email, password: PASSWORD })).__typename).toBe(
      'Authentication',
    );
  });

  test('a sixth session ends the oldest that was never used before any that was', async () => {
    const account = newAccount();
    const client = latchkey.client();
    const others: GraphQLClient[] = Array.from({ length: 6 }, () => latchkey.client());
    const { session } = await client.signup(account);
    await client.data(ME);
    const isUsed = 'SELECT FROM sessions WHERE id = $1 AND confirmed_generation >= 0';
    await eventually(async () => (await runSql(latchkey.databaseUrl, isUsed, [session.id])).length === 1);
    const unused: string[] = [];
    for (const other of others)
      unused.push((await other.login({ identifier: account.email, password: PASSWORD })).session.id);
    const ended = await runSql(
      latchkey.databaseUrl,
      `SELECT id FROM sessions WHERE user_id = (SELECT user_id FROM sessions WHERE id = $1) AND ended_at IS NOT NULL
       ORDER BY ended_at`,
      [session.id],
    );
    expect(ended.map(({ id }) => id)).toEqual(unused.slice(0, 2));
    await expectSignedIn(client);
  });

  test('a sixth session ends the oldest, and racing logins never leave more than five', async () => {
    const account = newAccount();
    const first = latchkey.client();
    await first.signup(account);
    await Promise.all(
      Array.from({ length: 12 }, () =>
        latchkey.client().login({ identifier: account.email, password: PASSWORD }),
      ),
    );
    const [row] = await runSql(
      latchkey.databaseUrl,
      `SELECT count(*) FILTER (WHERE ended_at IS NULL)::int AS live,
              count(*) FILTER (WHERE end_reason = 'SESSION_LIMIT')::int AS limited
       FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email_key = $1`,
      [account.email],
    );
    expect(row).toEqual({ live: 5, limited: 8 });
    expect((await first.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });

  test('hashes the password anew when it was made with a lower cost, and with no other', async () => {
    const account = newAccount();
    const { user } = await latchkey.client().signup(account);
    const hashOf = async () =>
      (await runSql(latchkey.databaseUrl, 'SELECT hash FROM passwords WHERE user_id = $1', [user.id]))[0]?.[
        'hash'
      ];
    const before = await hashOf();
    expect(before).toMatch(/^\$lk1\$[0-9a-f]{8}\$2b\$04\$/);
    await latchkey.restart({ BCRYPT_COST: '5' });
    await latchkey.client().login({ identifier: account.email, password: PASSWORD });
    const raised = await hashOf();
    expect(raised).toMatch(/^\$lk1\$[0-9a-f]{8}\$2b\$05\$/);
    await latchkey.client().login({ identifier: account.email, password: PASSWORD });
    expect(await hashOf()).toBe(raised);
  });
});

describe('reauthenticate', () => {
  test('ends the session and starts another, with new credentials throughout', async () => {
    const caller = latchkey.client();
    const before = await caller.signup();
    const { reauthenticate: after } = await caller.data(REAUTHENTICATE, { password: PASSWORD });
    expect(after.session.id).not.toBe(before.session.id);
    expect((await caller.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(await latchkey.client().refresh(before.refreshToken)).toMatchObject({
      endReason: 'REAUTHENTICATED',
    });
    caller.accessToken = after.accessToken;
    expect((await caller.data(ME)).me.id).toBe(before.user.id);
  });

  test('with a wrong password changes nothing', async () => {
    const caller = latchkey.client();
    await caller.signup();
    const { reauthenticate } = await caller.data(REAUTHENTICATE, { password: 'not the right password' });
    expect(reauthenticate.code).toBe('INVALID_CREDENTIALS');
    expect((await caller.data(ME)).me).not.toBeNull();
  });
});

describe('changePassword', () => {
  const CHANGE = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename
    ... on PasswordChanged { terminatedSessionCount user { email } } ... on AuthError { code } } }`;
  const newPassword = 'another horse, another staple';

  test('ends every other session, and only the new password signs in', async () => {
    const account = newAccount();
    const caller = latchkey.client();
    await caller.signup(account);
    const other = latchkey.client();
    await other.login({ identifier: account.email, password: PASSWORD });
    const { changePassword } = await caller.data(CHANGE, {
      input: { currentPassword: PASSWORD, newPassword },
    });
    expect(changePassword).toEqual({
      __typename: 'PasswordChanged',
      terminatedSessionCount: 1,
      user: { email: account.email },
    });
    expect((await other.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(await other.refresh()).toMatchObject({ endReason: 'PASSWORD_CHANGED' });
    expect((await caller.data(ME)).me).not.toBeNull();
    const login = async (password: string) =>
      (await latchkey.client().data(LOGIN, { input: { identifier: account.email, password } })).login
        .__typename;
    expect(await login(PASSWORD)).toBe('InvalidCredentialsError');
    expect(await login(newPassword)).toBe('Authentication');
  });

  test('needs the current password, and a new one that satisfies the policy', async () => {
    const caller = latchkey.client();
    await caller.signup();
    const change = async (currentPassword: string, password: string) =>
      (await caller.data(CHANGE, { input: { currentPassword, newPassword: password } })).changePassword.code;
    expect(await change('not the right password', newPassword)).toBe('INVALID_CREDENTIALS');
    expect(await change(PASSWORD, 'short')).toBe('INVALID_INPUT');
  });

  test('a login with the old password that races with the change does not survive it', async () => {
    const account = newAccount();
    const caller = latchkey.client();
    await caller.signup(account);
    // No more than the session limit allows: the caller must stay signed in.
    const attempts = Array.from({ length: 4 }, () =>
      latchkey.client().data(LOGIN, { input: { identifier: account.email, password: PASSWORD } }),
    );
    const change = caller.data(CHANGE, { input: { currentPassword: PASSWORD, newPassword } });
    const answers = await Promise.all(attempts);
    await change;
    for (const { login } of answers.filter((answer) => answer.login.__typename === 'Authentication')) {
      const visitor = latchkey.client();
      visitor.accessToken = login.accessToken;
      expect((await visitor.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
      expect((await visitor.refresh(login.refreshToken)).__typename).toBe('SessionEndedError');
    }
  });
});

test('a login that waited for a change of the password, its hash already compared, is refused', async () => {
  await withTestServices({}, async ({ services, databaseUrl }) => {
    const { email, password } = newAccount();
    await services.signups.signup(nobody, { email, password }, 'BODY');
    const changing = new Client({ connectionString: databaseUrl });
    await changing.connect();
    try {
      await changing.query('BEGIN');
      await changing.query('SELECT FROM users FOR NO KEY UPDATE');
      await changing.query(`UPDATE passwords SET changed_at = changed_at + interval '1 second'`);
      const login = services.passwords.login(nobody, { identifier: email, password }, 'BODY');
      await untilLockWaits(databaseUrl);
      await changing.query('COMMIT');
      expect(await login).toEqual({ kind: 'invalid_credentials' });
    } finally {
      await changing.end();
    }
  });
});

describe('updateProfile', () => {
  const UPDATE = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename
    ... on UserUpdated { user { name username } } ... on AuthError { code } } }`;

  test('changes what is given, keeps what is omitted, clears what is null', async () => {
    const caller = latchkey.client();
    const { user } = await caller.signup({ name: 'Ada' });
    const update = async (input: object) => (await caller.data(UPDATE, { input })).updateProfile.user;
    expect(await update({ name: 'Ada Lovelace' })).toEqual({ name: 'Ada Lovelace', username: user.username });
    expect(await update({ username: null })).toEqual({ name: 'Ada Lovelace', username: null });
    expect(await update({ name: null, username: user.username })).toEqual({
      name: null,
      username: user.username,
    });
  });

  test("refuses someone else's username", async () => {
    const { user: other } = await latchkey.client().signup();
    const caller = latchkey.client();
    await caller.signup();
    const { updateProfile } = await caller.data(UPDATE, { input: { username: other.username } });
    expect(updateProfile.code).toBe('USERNAME_TAKEN');
  });

  test('refuses a reserved username and keeps the old one', async () => {
    const caller = latchkey.client();
    const { user } = await caller.signup();
    const { updateProfile } = await caller.data(UPDATE, { input: { username: 'Admin' } });
    expect(updateProfile.code).toBe('USERNAME_TAKEN');
    expect((await caller.data(UPDATE, { input: {} })).updateProfile.user.username).toBe(user.username);
  });

  test('lets whoever has a reserved username keep it beside another change', async () => {
    const caller = latchkey.client();
    const { user } = await caller.signup();
    await runSql(
      latchkey.databaseUrl,
      "UPDATE users SET username = 'Root', username_key = 'root' WHERE id = $1",
      [user.id],
    );
    const { updateProfile } = await caller.data(UPDATE, { input: { username: 'Root', name: 'Ada' } });
    expect(updateProfile.user).toEqual({ name: 'Ada', username: 'Root' });
  });

  test('a reserved username can be given by the operator', async () => {
    await withTestServices({}, async ({ services }) => {
      const input = { email: 'root@example.com', username: 'root', password: PASSWORD };
      expect(await services.passwordAdministration.createAdministrator(input)).toMatchObject({
        kind: 'registered',
        user: { username: 'root' },
      });
    });
  });
});

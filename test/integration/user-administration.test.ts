import { beforeAll, describe, expect, test } from '@jest/globals';
import { CREATE_USER, DELETE_USER, UPDATE_USER } from '../support/administration.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN, ME, newAccount, PASSWORD, SIGNUP } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import {
  confirmAddress,
  NEW_PASSWORD,
  REQUEST_CHANGE,
  REQUEST_RESET,
  RESET,
  send,
  signUpUnconfirmed,
  VERIFY,
} from '../support/messages.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { errorCodeOf, expectSignedIn, expectSignedOut, signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

/** An id that nobody has. */
const NOBODY = '00000000-0000-4000-8000-000000000000';

const ROLES = {
  user: [],
  admin: [
    'users:read',
    'users:write',
    'sessions:read:any',
    'sessions:write:any',
    'tokens:write:any',
    'audit:read',
  ],
  support: ['users:read', 'users:write'],
  clerk: [],
  cashier: ['payments:refund'],
};

const latchkey = useTestApp({ env: { ROLES: JSON.stringify(ROLES) } });
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

let admin: Awaited<ReturnType<typeof signInWithRoles>>;
let support: Awaited<ReturnType<typeof signInWithRoles>>;
beforeAll(async () => {
  admin = await signInWithRoles(latchkey, 'user', 'admin');
  support = await signInWithRoles(latchkey, 'user', 'support');
});

const newUser = () => signInWithRoles(latchkey, 'user');
const create = (input: object, by = admin.client) => send(by, CREATE_USER, { input });
const update = (id: string, input: object, by = admin.client) => send(by, UPDATE_USER, { id, input });
const login = async (identifier: string, password = PASSWORD) =>
  (await latchkey.client().data(LOGIN, { input: { identifier, password } })).login.__typename;

/** Types of the events about a user since it was made, with who caused them. */
const eventsOf = async (id: string, actorId: string | null) =>
  (
    await sql(
      'SELECT type FROM events WHERE subject_id = $1 AND actor_id IS NOT DISTINCT FROM $2 ORDER BY type',
      [id, actorId],
    )
  ).map(({ type }) => type);

describe('createUser', () => {
  test('creates a user who signs in with the given password and confirms the address', async () => {
    const { email, username } = newAccount();
    const created = await create({
      email,
      username,
      name: 'Ada',
      password: NEW_PASSWORD,
      roles: ['user', 'clerk'],
    });
    const user = created['user'] as { id: string };
    expect(created).toMatchObject({
      __typename: 'UserCreated',
      user: {
        email,
        username,
        name: 'Ada',
        emailVerified: false,
        roles: ['user', 'clerk'],
        accountStatus: 'ACTIVE',
      },
    });
    expect(await login(username, NEW_PASSWORD)).toBe('Authentication');
    expect(await eventsOf(user.id, admin.id)).toEqual(['user.registered']);
    const token = await latchkey.mail.tokenTo(email);
    expect(await send(latchkey.client(), VERIFY, { token })).toMatchObject({ __typename: 'EmailVerified' });
  });

  test('has the owner of the address choose the password, where none is given', async () => {
    const { email } = newAccount();
    const { user } = await create({ email, emailVerified: true });
    expect(user).toMatchObject({ emailVerified: true, roles: ['user'], username: null });
    const token = await latchkey.mail.tokenTo(email, 'reset-password');
    await send(latchkey.client(), RESET, { token, password: NEW_PASSWORD });
    expect(await login(email, NEW_PASSWORD)).toBe('Authentication');
  });

  test('reports all invalid fields at once, and names that are taken, and creates nobody', async () => {
    const invalid = { email: 'x', username: 'a', name: '', password: 'short', roles: ['user', 'king'] };
    const { fields } = await create(invalid);
    expect(
      (fields as { path: string[]; code: string }[]).map(({ path, code }) => [path.join('.'), code]),
    ).toEqual([
      ['email', 'MALFORMED'],
      ['username', 'MALFORMED'],
      ['name', 'MALFORMED'],
      ['password', 'TOO_SHORT'],
      ['roles.1', 'UNKNOWN_ROLE'],
    ]);
    const known = await newUser();
    expect((await create({ email: known.email }))['code']).toBe('EMAIL_TAKEN');
    const { email } = newAccount();
    expect((await create({ email, username: known.username }))['code']).toBe('USERNAME_TAKEN');
    expect(await sql('SELECT FROM users WHERE email_key = $1', [email])).toEqual([]);
  });
});

describe('updateUser', () => {
  test('keeps what is omitted, clears names that are null, and takes no other null', async () => {
    const { id, username, email, client } = await newUser();
    expect(await update(id, { name: 'Ada' })).toMatchObject({ user: { name: 'Ada', username, email } });
    expect(await update(id, { username: null, name: null })).toMatchObject({
      user: { name: null, username: null },
    });
    expect(await update(id, { email: null, roles: null, accountStatus: null })).toMatchObject({
      fields: ['email', 'roles', 'accountStatus'].map((field) => ({ path: [field], code: 'REQUIRED' })),
    });
    expect(await update(id, { roles: ['king'] })).toMatchObject({ fields: [{ path: ['roles', '0'] }] });
    expect(await update(NOBODY, { name: 'Ada' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await errorCodeOf(admin.client.send(UPDATE_USER, { id: 'x', input: {} }))).toBe('BAD_USER_INPUT');
    await expectSignedIn(client);
  });

  test('records nothing and ends nothing where all is as it was', async () => {
    const { id, username, email, client } = await newUser();
    await update(id, { username, email, name: null, roles: ['user'], accountStatus: 'ACTIVE' });
    expect(await eventsOf(id, admin.id)).toEqual([]);
    await expectSignedIn(client);
  });

  test('gives another address, which is not confirmed: the one before is told, and links are void', async () => {
    const { id, email, client } = await newUser();
    await confirmAddress(latchkey, email);
    const [taken, next] = [await newUser(), newAccount().email];
    await send(client, REQUEST_CHANGE, { email: newAccount().email });
    await send(latchkey.client(), REQUEST_RESET, { email });
    const link = await latchkey.mail.tokenTo(email, 'reset-password');
    expect((await update(id, { email: taken.email, name: 'Lost' }))['code']).toBe('EMAIL_TAKEN');
    expect((await update(id, { username: taken.username, name: 'Lost' }))['code']).toBe('USERNAME_TAKEN');
    expect(await eventsOf(id, admin.id)).toEqual([]);
    expect(await update(id, { email: next })).toMatchObject({
      user: { email: next, emailVerified: false, name: null },
    });
    expect(await eventsOf(id, admin.id)).toEqual(['user.email_changed']);
    const told = (await latchkey.mail.to(email, 4)).at(-1);
    expect(told?.subject).toContain('has changed');
    expect(told?.text).not.toMatch(/Device|IP address/);
    expect((await send(latchkey.client(), RESET, { token: link, password: NEW_PASSWORD }))['code']).toBe(
      'INVALID_TOKEN',
    );
    // The same mailbox.
    await confirmAddress(latchkey, next);
    const spelt = next.toUpperCase();
    expect(await update(id, { email: spelt })).toMatchObject({ user: { email: spelt, emailVerified: true } });
  });

  test('gives other roles, which apply at once', async () => {
    const { id, client } = await newUser();
    expect(await update(id, { roles: ['user', 'support', 'support'] })).toMatchObject({
      user: { roles: ['user', 'support'] },
    });
    expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
    await client.refresh();
    expect(await update(id, { name: 'Myself' }, client)).toMatchObject({ user: { name: 'Myself' } });
    await update(id, { roles: ['user'] });
    await client.refresh();
    expect(await errorCodeOf(client.send(UPDATE_USER, { id, input: { name: 'No' } }))).toBe('FORBIDDEN');
    expect(await eventsOf(id, admin.id)).toEqual(['user.roles_changed', 'user.roles_changed']);
  });

  test('disables an account: all that acts for it ends, also what waits in messages; and enables it', async () => {
    const { id, email, sessionId, client } = await newUser();
    await confirmAddress(latchkey, email);
    const { token: script } = await makeToken(client, 'profile:read');
    expect((await bearing(latchkey, script).data(ME)).me.id).toBe(id);
    await send(latchkey.client(), REQUEST_RESET, { email });
    const link = await latchkey.mail.tokenTo(email, 'reset-password');
    expect(await update(id, { accountStatus: 'DISABLED' })).toMatchObject({
      user: { accountStatus: 'DISABLED' },
    });
    await expectSignedOut(client, 'ACCOUNT_DISABLED');
    expect(await errorCodeOf(bearing(latchkey, script).send(ME))).toBe('UNAUTHENTICATED');
    expect(await login(email)).toBe('AccountDisabledError');
    expect(await login(email, NEW_PASSWORD)).toBe('InvalidCredentialsError');
    expect((await send(latchkey.client(), RESET, { token: link, password: NEW_PASSWORD }))['code']).toBe(
      'INVALID_TOKEN',
    );
    // The one of `signup` too.
    expect(await eventsOf(id, admin.id)).toEqual([
      'personal_access_token.revoked',
      'session.terminated',
      'session.terminated',
      'sessions.bulk_terminated',
      'user.disabled',
    ]);
    expect(await sql('SELECT end_reason FROM sessions WHERE id = $1', [sessionId])).toEqual([
      { end_reason: 'ACCOUNT_DISABLED' },
    ]);
    await update(id, { accountStatus: 'ACTIVE' });
    expect(await login(email)).toBe('Authentication');
    expect(await errorCodeOf(bearing(latchkey, script).send(ME))).toBe('UNAUTHENTICATED');
  });
});

test('deleteUser deletes as the owner would, once', async () => {
  const { id, email, client } = await newUser();
  await confirmAddress(latchkey, email);
  expect(await send(admin.client, DELETE_USER, { id })).toEqual({ __typename: 'UserDeleted', id });
  expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
  expect(await login(email)).toBe('InvalidCredentialsError');
  expect((await latchkey.mail.to(email, 2)).at(-1)?.subject).toBe('Your account at Latchkey was deleted');
  expect(await eventsOf(id, admin.id)).toContain('user.deleted');
  expect((await send(admin.client, DELETE_USER, { id }))['code']).toBe('NOT_FOUND');
});

describe('nobody gains by it what they do not hold', () => {
  const forbidden = (query: string, variables: object, by = support.client) =>
    expect(errorCodeOf(by.send(query, variables))).resolves.toBe('FORBIDDEN');

  test('roles are given and taken by who holds all their scopes', async () => {
    const { id } = await newUser();
    const { email } = newAccount();
    for (const role of ['admin', 'cashier']) {
      await forbidden(CREATE_USER, { input: { email, roles: ['user', role] } });
      await forbidden(UPDATE_USER, { id, input: { roles: ['user', role] } });
    }
    await forbidden(UPDATE_USER, { id: admin.id, input: { roles: ['user'] } });
    await forbidden(UPDATE_USER, { id: support.id, input: { roles: ['user', 'admin'] } });
    expect(await sql('SELECT FROM users WHERE email_key = $1', [email])).toEqual([]);
    expect(await update(id, { roles: ['user', 'support'] }, support.client)).toMatchObject({
      user: { roles: ['user', 'support'] },
    });
    // One that the configuration does not name any more.
    await sql("UPDATE users SET roles = '{user,old}' WHERE id = $1", [id]);
    expect(await update(id, { roles: ['user'] }, support.client)).toMatchObject({
      user: { roles: ['user'] },
    });
  });

  test('an address, by which the password can be reset, is changed by who holds all scopes of the account', async () => {
    const { id, email } = await signInWithRoles(latchkey, 'user', 'cashier');
    await forbidden(UPDATE_USER, { id, input: { email: newAccount().email } });
    expect(await update(id, { email, name: 'Ada' }, support.client)).toMatchObject({ user: { name: 'Ada' } });
  });

  test('an address is changed in a session, and nobody changes their own so', async () => {
    const { id } = await newUser();
    const input = { email: newAccount().email };
    const script = bearing(latchkey, (await makeToken(support.client, 'users:write')).token);
    await forbidden(UPDATE_USER, { id, input }, script);
    for (const by of [script, support.client]) await forbidden(UPDATE_USER, { id: support.id, input }, by);
    expect(await update(id, input, support.client)).toMatchObject({ user: input });
  });

  test('who may do more to users than the caller is left alone', async () => {
    const { id } = await signInWithRoles(latchkey, 'user', 'admin');
    for (const input of [{ accountStatus: 'DISABLED' }, { name: 'Mallory' }, { username: 'mallory' }])
      await forbidden(UPDATE_USER, { id, input });
    await forbidden(DELETE_USER, { id });
    expect(await update(id, { accountStatus: 'DISABLED' })).toMatchObject({ __typename: 'UserUpdated' });
    await forbidden(UPDATE_USER, { id, input: { accountStatus: 'ACTIVE' } });
  });

  test('a token has no more than its own scopes', async () => {
    const script = bearing(latchkey, (await makeToken(admin.client, 'users:write')).token);
    const { id } = await newUser();
    await forbidden(UPDATE_USER, { id, input: { roles: ['user', 'support'] } }, script);
    // Nor may it read what it has changed.
    const { data, errors } = await script.send(UPDATE_USER, { id, input: { roles: ['user', 'clerk'] } });
    expect(data.updateUser).toMatchObject({ __typename: 'UserUpdated', user: { id, email: null } });
    expect(new Set(errors.map(({ extensions }) => extensions['code']))).toEqual(new Set(['FORBIDDEN']));
  });

  test('a plain user may do none of it, nor a stranger', async () => {
    const { id, client } = await newUser();
    for (const [query, variables] of [
      [CREATE_USER, { input: { email: newAccount().email } }],
      [UPDATE_USER, { id, input: { roles: ['user', 'admin'] } }],
      [UPDATE_USER, { id: NOBODY, input: {} }],
      [DELETE_USER, { id: admin.id }],
    ] as const) {
      await forbidden(query, variables, client);
      expect(await errorCodeOf(latchkey.client().send(query, variables))).toBe('UNAUTHENTICATED');
    }
  });
});

describe('where addresses must be confirmed', () => {
  let client: GraphQLClient;
  beforeAll(async () => {
    await confirmAddress(latchkey, admin.email);
    await latchkey.restart({ EMAIL_VERIFICATION: 'required' });
    client = latchkey.client();
    await client.login({ identifier: admin.email, password: PASSWORD });
  });

  const confirmedUser = async () => {
    const { email, token } = await signUpUnconfirmed(latchkey);
    await send(latchkey.client(), VERIFY, { token });
    const [{ id } = {}] = await sql('SELECT id FROM users WHERE email_key = $1', [email]);
    return { email, id: String(id) };
  };

  test('a new one gets a message for it', async () => {
    const { id } = await confirmedUser();
    const next = newAccount().email;
    await update(id, { email: next }, client);
    const link = await latchkey.mail.tokenTo(next);
    expect(await send(latchkey.client(), VERIFY, { token: link })).toMatchObject({
      __typename: 'EmailVerified',
    });
    expect(await login(next)).toBe('Authentication');
  });

  test.each<[string, () => Promise<string>]>([
    [
      'got another address',
      async () => {
        const { email } = newAccount();
        await update((await confirmedUser()).id, { email }, client);
        return email;
      },
    ],
    [
      'was created with a password',
      async () => {
        const { email } = newAccount();
        await create({ email, password: PASSWORD }, client);
        return email;
      },
    ],
  ])('a sign-up of a stranger takes over no account that %s', async (_which, prepare) => {
    const email = await prepare();
    await latchkey.mail.tokenTo(email);
    await latchkey.client().data(SIGNUP, { input: { ...newAccount(), email, password: NEW_PASSWORD } });
    await eventually(async () =>
      (await latchkey.mail.to(email)).some(({ subject }) => subject.startsWith('Somebody signed up')),
    );
    // Sends the message again, in place of the first.
    expect(await login(email)).toBe('EmailVerificationRequired');
    const link = await latchkey.mail.tokenTo(email, 'verify-email', 2);
    expect((await send(latchkey.client(), VERIFY, { token: link })).__typename).toBe('EmailVerified');
    expect(await login(email)).toBe('Authentication');
    expect(await login(email, NEW_PASSWORD)).toBe('InvalidCredentialsError');
  });
});

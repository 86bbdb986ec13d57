import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import {
  type Answer,
  type GraphQLClient,
  LOGIN,
  ME,
  newAccount,
  REFRESH,
  SIGNUP,
} from '../support/client.ts';
import { refusalsWritten } from '../support/refusals.ts';
import { runSql } from '../support/sql.ts';

const PRIVATE = ['email', 'emailVerified', 'roles', 'accountStatus', 'updatedAt', 'lastActiveAt', 'sessions'];
const ALL_PRIVATE =
  'email emailVerified roles accountStatus updatedAt lastActiveAt sessions { nodes { id ipAddress } }';
const USER = `query ($id: ID!) { user(id: $id) { id username ${ALL_PRIVATE} } }`;
const ENTITY = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id username ${ALL_PRIVATE} } } }`;

/** The process's clock, which dates access tokens: tests let them expire. */
const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) };

const roles = { warden: ['sessions:write:any'], observer: ['sessions:read:any'] };
const latchkey = useTestApp({ clock, env: { ROLES: JSON.stringify(roles) } });
let owner: GraphQLClient;
let ownerId: string;
let ownerEmail: string;

beforeAll(async () => {
  owner = latchkey.client();
  ({ id: ownerId, email: ownerEmail } = (await owner.signup()).user);
});
beforeEach(() => {
  clock.ahead = 0;
});

/** Someone else, signed in, with these roles beside `user`. */
async function someoneElse(...roles: string[]): Promise<GraphQLClient> {
  const client = latchkey.client();
  const account = newAccount();
  const { user } = await client.signup(account);
  await runSql(latchkey.databaseUrl, 'UPDATE users SET roles = $2 WHERE id = $1', [
    user.id,
    ['user', ...roles],
  ]);
  await client.login({ identifier: account.email, password: account.password });
  return client;
}

const reference = (id: string) => ({ r: [{ __typename: 'User', id }] });

/** Every private field is null, each with its own error, and nothing of the owner's is anywhere in the answer. */
function expectWithheld(answer: Answer, user: Record<string, unknown>, code: string): void {
  expect(user).toMatchObject(Object.fromEntries(PRIVATE.map((field) => [field, null])));
  expect(user['id']).toBe(ownerId);
  expect(answer.errors.map(({ path }) => path?.at(-1)).sort()).toEqual([...PRIVATE].sort());
  expect(new Set(answer.errors.map(({ extensions }) => extensions['code']))).toEqual(new Set([code]));
  expect(answer.status).toBe(200);
  expect(JSON.stringify(answer)).not.toContain(ownerEmail);
}

describe("another user's private fields", () => {
  test.each(['someone else', 'a stranger'])('are null and FORBIDDEN to %s', async (who) => {
    const caller = who === 'a stranger' ? latchkey.client() : await someoneElse();
    const byId = await caller.send(USER, { id: ownerId });
    expectWithheld(byId, byId.data.user, 'FORBIDDEN');
    const byReference = await caller.send(ENTITY, reference(ownerId));
    expectWithheld(byReference, byReference.data._entities[0], 'FORBIDDEN');
  });

  test.each([
    ['an alias', '{ user(id: "ID") { leak: email } }'],
    ['an alias of a public name', '{ user(id: "ID") { username: email } }'],
    ['a fragment', '{ user(id: "ID") { ...F } } fragment F on User { leak: email }'],
    [
      'fragments in fragments',
      '{ ...Q } fragment Q on Query { user(id: "ID") { ... on User { ...F } } } fragment F on User { leak: email }',
    ],
    ['a directive', '{ user(id: "ID") { leak: email @include(if: true) } }'],
    [
      'a fragment on the union of entities',
      '{ _entities(representations: {__typename: "User", id: "ID"}) { ... on _Entity { ... on User { leak: email } } } }',
    ],
  ])('are not had through %s', async (_how, document) => {
    for (const caller of [await someoneElse(), latchkey.client()]) {
      const answer = await caller.send(document.replace('ID', ownerId));
      expect(answer.errors[0]?.extensions['code']).toBe('FORBIDDEN');
      expect(answer.errors[0]?.path).toBeDefined();
      expect(JSON.stringify(answer)).not.toContain(ownerEmail);
    }
  });

  test('are not had through sessions by whoever may see those', async () => {
    const observer = await someoneElse('observer');
    const { data, errors } = await observer.send(
      `query ($id: ID!) { user(id: $id) { sessions { nodes { id user { id email } } } } }`,
      { id: ownerId },
    );
    expect(data.user.sessions.nodes[0].user).toEqual({ id: ownerId, email: null });
    expect(errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  test('are not had through sessions by whoever may end those', async () => {
    const victim = latchkey.client();
    const { user } = await victim.signup();
    const warden = await someoneElse('warden');
    const { data, errors } = await warden.send(
      `mutation ($id: ID!) { terminateUserSessions(userId: $id) { count sessions { user { id email } } } }`,
      { id: user.id },
    );
    expect(data.terminateUserSessions).toEqual({
      count: 1,
      sessions: [{ user: { id: user.id, email: null } }],
    });
    expect(errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  test('asked for by someone known are counted in the audit log, asked for by a stranger are not', async () => {
    await latchkey.client().send(USER, { id: ownerId });
    const caller = await someoneElse();
    const { me } = await caller.data(ME);
    await caller.send(USER, { id: ownerId });
    const { length: refusals } = PRIVATE;
    expect(await refusalsWritten(latchkey.databaseUrl, 'access.denied', me.id, refusals)).toEqual({
      refusals,
      data: [{ code: 'FORBIDDEN' }],
    });
    const ofStrangers = "SELECT FROM events WHERE type = 'access.denied' AND actor_id IS NULL";
    expect(await runSql(latchkey.databaseUrl, ofStrangers)).toEqual([]);
  });
});

describe('private fields', () => {
  const expected = { id: expect.any(String), roles: ['user'], accountStatus: 'ACTIVE', emailVerified: false };

  test('are read by their owner, by every path', async () => {
    const [byId, byReference, me, current] = await Promise.all([
      owner.data(USER, { id: ownerId }),
      owner.data(ENTITY, reference(ownerId)),
      owner.data(`{ me { id ${ALL_PRIVATE} } }`),
      owner.data(`{ currentSession { user { id ${ALL_PRIVATE} } } }`),
    ]);
    for (const user of [byId.user, byReference._entities[0], me.me, current.currentSession.user]) {
      expect(user).toMatchObject({ ...expected, id: ownerId, email: ownerEmail });
      expect(user.updatedAt).toMatch(/Z$/);
      expect(user.lastActiveAt).toMatch(/Z$/);
      expect(user.sessions.nodes).toHaveLength(1);
    }
  });

  test('are read by an administrator', async () => {
    const admin = await someoneElse('admin');
    const { user } = await admin.data(USER, { id: ownerId });
    expect(user).toMatchObject({
      ...expected,
      email: ownerEmail,
      sessions: { nodes: [{ ipAddress: '127.0.0.1' }] },
    });
    expect((await admin.data(ENTITY, reference(ownerId)))._entities).toEqual([user]);
  });

  const SIGNED_IN = `fragment SignedIn on Authentication { refreshToken
    user { id email sessions { nodes { current user { email } } } } session { current user { email } } }`;
  const SIGN_UP = `mutation ($input: SignupInput!) { result: signup(input: $input) { ...SignedIn } } ${SIGNED_IN}`;
  const CONTINUE = `mutation ($input: RefreshSessionInput) { result: refreshSession(input: $input) { ...SignedIn } } ${SIGNED_IN}`;
  const readAsOwner = (email: string) => ({
    user: { email, sessions: { nodes: [{ user: { email } }] } },
    session: { current: true, user: { email } },
  });

  test.each(['no credential', 'an expired one', 'a broken one', "someone else's"])(
    'below a sign-in are read as its owner, though the request brought %s',
    async (kind) => {
      const caller = kind === "someone else's" ? await someoneElse() : latchkey.client();
      const account = newAccount();
      if (kind === 'an expired one') {
        await caller.signup();
        clock.ahead = 10 * 60_000;
        expect((await caller.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
      }
      if (kind === 'a broken one') caller.accessToken = 'not.a.token';

      const { result } = await caller.data(SIGN_UP, { input: account });
      expect(result).toMatchObject(readAsOwner(account.email));
      const { refreshToken } = result;
      const { result: refreshed } = await caller.data(CONTINUE, { input: { refreshToken } });
      expect(refreshed).toMatchObject(readAsOwner(account.email));
    },
  );
});

describe('a bad credential', () => {
  let caller: GraphQLClient;
  beforeEach(() => {
    caller = latchkey.client();
    caller.accessToken = 'not.a.token';
  });

  test('is UNAUTHENTICATED for me, currentSession and private fields, not the same as none', async () => {
    for (const field of ['me { id }', 'currentSession { id }']) {
      const { data, errors, status } = await caller.send(`{ field: ${field} }`);
      expect([status, data, errors[0]?.extensions['code']]).toEqual([
        200,
        { field: null },
        'UNAUTHENTICATED',
      ]);
    }
    const byId = await caller.send(USER, { id: ownerId });
    expectWithheld(byId, byId.data.user, 'UNAUTHENTICATED');
    expect(await latchkey.client().data('{ me { id } currentSession { id } }')).toEqual({
      me: null,
      currentSession: null,
    });
  });

  test('keeps nobody from what is public', async () => {
    const { data, errors } = await caller.send(
      `query ($id: ID!, $r: [_Any!]!) { authPolicy { passwordMinLength } user(id: $id) { id username name createdAt }
        _entities(representations: $r) { ... on User { id username name createdAt } } _service { sdl } }`,
      { id: ownerId, ...reference(ownerId) },
    );
    expect(errors).toEqual([]);
    expect(data.user.id).toBe(ownerId);
    expect(data._entities).toEqual([data.user]);
  });

  test('keeps nobody from the operations that anyone may call', async () => {
    const account = newAccount();
    const { signup } = await caller.data(SIGNUP, { input: account });
    expect(signup.__typename).toBe('Authentication');
    const { login } = await caller.data(LOGIN, {
      input: { identifier: account.email, password: account.password },
    });
    expect(login.__typename).toBe('Authentication');
    const { refreshSession } = await caller.data(REFRESH, { input: { refreshToken: login.refreshToken } });
    expect(refreshSession.__typename).toBe('Authentication');
    const logout = 'mutation ($input: LogoutInput) { logout(input: $input) { count } }';
    expect(await caller.data(logout, { input: { refreshToken: signup.refreshToken } })).toEqual({
      logout: { count: 1 },
    });
    expect(await caller.data(logout)).toEqual({ logout: { count: 0 } });
  });

  test.each([
    'changePassword(input: {currentPassword: "a", newPassword: "b"}) { __typename }',
    'reauthenticate(input: {password: "a"}) { __typename }',
    'updateProfile(input: {name: "a"}) { __typename }',
    'terminateOtherSessions { __typename }',
    'terminateSession(id: "00000000-0000-4000-8000-000000000000") { __typename }',
    'terminateUserSessions(userId: "00000000-0000-4000-8000-000000000000") { count }',
  ])('bars from %s, as none does', async (mutation) => {
    for (const client of [caller, latchkey.client()]) {
      const { errors, status } = await client.send(`mutation { ${mutation} }`);
      expect([status, errors[0]?.extensions['code']]).toEqual([200, 'UNAUTHENTICATED']);
    }
  });
});

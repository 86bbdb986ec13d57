import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN, newAccount, PASSWORD, REFRESH, SIGNUP } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { get } from '../support/http.ts';
import { bearing, type MadeToken, makeToken } from '../support/personal-access-tokens.ts';
import { type SampleField, sampleFields } from '../support/sample-operations.ts';
import { type SignedIn, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { TestStream } from '../support/streams.ts';

/** What a token with `profile:read` alone may use; whatever else the schema has, or will have, is FORBIDDEN to it. */
const PERMITTED = {
  Query: ['authPolicy', 'me', 'user', 'currentSession', 'authEvents', '_entities', '_service'],
  // These ask for no credential, and ignore one.
  Mutation: [
    ...['signup', 'login', 'refreshSession', 'logout', 'revokeLeakedToken'],
    ...['exchangePersonalAccessToken', 'issueServiceToken'],
    ...['verifyEmail', 'resendVerificationEmail', 'confirmEmailChange', 'cancelEmailChange'],
    ...['requestPasswordReset', 'resetPassword'],
  ],
  Subscription: [] as string[],
  User: [
    ...['id', 'username', 'name', 'createdAt', 'email', 'emailVerified', 'roles', 'accountStatus'],
    ...['updatedAt', 'lastActiveAt', 'grantableScopes'],
  ],
};

const forbiddenFields = (type: keyof typeof PERMITTED): SampleField[] =>
  sampleFields(type).filter(({ name }) => !PERMITTED[type].includes(name));

let owner: SignedIn;
let stranger: SignedIn;
let made: MadeToken;
let script: GraphQLClient;

const latchkey = useTestApp();
beforeAll(async () => {
  [owner] = await signIn(latchkey, 1);
  [stranger] = await signIn(latchkey, 1);
  made = await makeToken(owner.client, 'profile:read');
  script = bearing(latchkey, made.token);
});

describe('a token with profile:read', () => {
  test('reads its owner’s profile, and is no session', async () => {
    const { me, currentSession } = await script.data(
      '{ me { id email emailVerified roles accountStatus } currentSession { id } }',
    );
    expect(me).toMatchObject({ id: owner.userId, email: expect.any(String), roles: ['user'] });
    expect(currentSession).toBeNull();
  });

  test.each(forbiddenFields('Mutation').map((field) => [field.name, field] as const))(
    'is FORBIDDEN %s, whatever it names, however it is written',
    async (name, { selection, declared, variables }) => {
      const before = await everythingOf(owner.userId);
      for (const id of [owner.id, made.id, owner.userId, stranger.id, stranger.userId, randomUUID()]) {
        for (const document of [
          `mutation${declared} { ${selection} }`,
          `mutation${declared} { innocent: ${selection} }`,
          `mutation${declared} { ...F } fragment F on Mutation { ${selection} }`,
          `mutation${declared} { ... on Mutation @include(if: true) { a: ${selection} } }`,
        ]) {
          const { data, errors } = await script.send(document, variables(id));
          expect({ name, data: data ?? null, codes: codesOf(errors) }).toEqual({
            name,
            data: null,
            codes: ['FORBIDDEN'],
          });
        }
      }
      expect(await everythingOf(owner.userId)).toEqual(before);
    },
  );

  test('is FORBIDDEN every other field of Query, by POST and by GET', async () => {
    const fields = forbiddenFields('Query');
    expect(fields.map(({ name }) => name)).toContain('sessions');
    for (const { name, selection, declared, variables } of fields) {
      for (const query of [
        `query${declared} { ${selection} }`,
        `query${declared} { ...F } fragment F on Query { innocent: ${selection} }`,
      ]) {
        const posted = await script.send(query, variables(owner.id));
        expect([name, Object.values(posted.data), codesOf(posted.errors)]).toEqual([
          name,
          [null],
          ['FORBIDDEN'],
        ]);
        const parameters = { query, variables: JSON.stringify(variables(owner.id)) };
        const { json } = await get(latchkey.url, parameters, { authorization: `Bearer ${made.token}` });
        // The token would be in the URL.
        const code = name === 'introspectToken' ? 'BAD_USER_INPUT' : 'FORBIDDEN';
        expect([name, codesOf(json.errors)]).toEqual([name, [code]]);
      }
    }
  });

  test('is FORBIDDEN every other field of its owner, on every way to them', async () => {
    const fields = forbiddenFields('User');
    expect(fields.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['sessions', 'personalAccessTokens']),
    );
    const reference = `_entities(representations: { __typename: "User", id: "${owner.userId}" })`;
    for (const { name, selection } of fields) {
      for (const document of [
        `{ me { ${selection} } }`,
        `{ user(id: "${owner.userId}") { id: ${selection} } }`,
        `{ ${reference} { ... on User { ...F } } } fragment F on User { innocent: ${selection} }`,
        `{ me { ... on User { ... @include(if: true) { ${selection} } } } }`,
      ]) {
        const { data, errors } = await script.send(document);
        expect([name, codesOf(errors)]).toEqual([name, ['FORBIDDEN']]);
        expect(JSON.stringify(data)).not.toMatch(/Connection/);
      }
    }
  });

  test('finds no session and no token by reference, its own included', async () => {
    const document = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
    const r = [
      { __typename: 'Session', id: owner.id },
      { __typename: 'PersonalAccessToken', id: made.id },
    ];
    expect((await script.data(document, { r }))._entities).toEqual([null, null]);
    const others = '{ user(id: "ID") { id email } }'.replace('ID', stranger.userId);
    const { data, errors } = await script.send(others);
    expect([data.user, codesOf(errors)]).toEqual([{ id: stranger.userId, email: null }, ['FORBIDDEN']]);
  });

  test('opens no stream, over WebSocket or as server-sent events', async () => {
    for (const { selection, name } of sampleFields('Subscription')) {
      const query = `subscription { innocent: ${selection} }`;
      const { events } = await (
        await EventStream.open(latchkey.url, { query, accessToken: made.token })
      ).end();
      const told = events.filter(({ event }) => event === 'next').map(({ data }) => data);
      expect([name, told.flatMap(({ errors }) => codesOf(errors))]).toEqual([name, ['FORBIDDEN']]);
      const stream = new TestStream(latchkey.url, query, { authorization: `Bearer ${made.token}` });
      await stream.until(({ completed, error }) => completed || error !== null);
      expect([name, stream.results.flatMap(({ errors }) => codesOf(errors))]).toEqual([name, ['FORBIDDEN']]);
      await stream.close();
    }
  });

  test('does nothing on a way that is not for it: a mutation by GET, over WebSocket, as a stream', async () => {
    const before = await everythingOf(owner.userId);
    for (const { selection, declared, variables } of forbiddenFields('Mutation')) {
      const query = `mutation${declared} { ${selection} }`;
      const authorization = `Bearer ${made.token}`;
      const parameters = { query, variables: JSON.stringify(variables(made.id)) };
      expect((await get(latchkey.url, parameters, { authorization })).status).toBe(405);
      const refused = await EventStream.open(latchkey.url, {
        query,
        variables: variables(made.id),
        accessToken: made.token,
      });
      expect((await refused.end()).text).toContain('"code":"BAD_USER_INPUT"');
      const stream = new TestStream(latchkey.url, query, { authorization }, variables(made.id));
      await stream.until(({ completed, error }) => completed || error !== null);
      expect(codesOf(stream.error as never)).toEqual(['BAD_USER_INPUT']);
      await stream.close();
    }
    expect(await everythingOf(owner.userId)).toEqual(before);
  });
});

describe('what asks for no credential', () => {
  test('signs in, signs up and refreshes as for anyone, and gives the token’s owner nothing', async () => {
    const account = newAccount();
    const { signup } = await script.data(SIGNUP, { input: account });
    expect(signup).toMatchObject({ __typename: 'Authentication', user: { username: account.username } });
    const { login } = await script.data(LOGIN, { input: { identifier: account.email, password: PASSWORD } });
    expect(login.user.id).toBe(signup.user.id);
    const wrong = await script.data(LOGIN, {
      input: { identifier: account.email, password: `${PASSWORD}?` },
    });
    expect(wrong.login.__typename).toBe('InvalidCredentialsError');
    const { refreshSession } = await script.data(REFRESH, { input: { refreshToken: login.refreshToken } });
    expect(refreshSession.user.id).toBe(signup.user.id);
    const without = await script.data(REFRESH, { input: null });
    expect(without.refreshSession).toMatchObject({ __typename: 'InvalidTokenError', code: 'MISSING_TOKEN' });
  });

  test('ends nothing: logout by a token counts none, and the token lives on', async () => {
    for (const input of [
      '',
      `(input: { refreshToken: "${made.token}" })`,
      '(input: { refreshToken: null })',
    ]) {
      expect(await script.data(`mutation { logout${input} { count sessions { id } } }`)).toEqual({
        logout: { count: 0, sessions: [] },
      });
    }
    expect((await owner.client.refresh()).__typename).toBe('Authentication');
    expect((await script.data('{ me { id } }')).me).toEqual({ id: owner.userId });
  });
});

function codesOf(errors: readonly { extensions: Record<string, unknown> }[] = []): unknown[] {
  return [...new Set(errors.map(({ extensions }) => extensions['code']))];
}

/** All that a mutation could have changed for this user and for the stranger. */
async function everythingOf(userId: string): Promise<unknown> {
  return runSql(
    latchkey.databaseUrl,
    `SELECT u.username, u.name, u.email, p.hash,
       (SELECT count(*) FILTER (WHERE ended_at IS NULL) FROM sessions) AS sessions,
       (SELECT json_agg(t ORDER BY t.id) FROM
         (SELECT id, name, scopes, expires_at, revoked_at FROM personal_access_tokens) t) AS tokens
     FROM users u JOIN passwords p ON p.user_id = u.id WHERE u.id = $1`,
    [userId],
  );
}

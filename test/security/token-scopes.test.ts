import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { adminScopes, ownScopes } from '../../src/core/scopes.ts';
import { useTestApp } from '../support/app.ts';
import type { GraphQLClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { bearing, CREATE_TOKEN, makeToken, tokenInput } from '../support/personal-access-tokens.ts';
import { errorCodeOf, type SignedIn, signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { TestStream } from '../support/streams.ts';

const roles = { publisher: ['posts:write', 'posts:read'] };
const latchkey = useTestApp({ env: { ROLES: JSON.stringify(roles), MAX_PERSONAL_ACCESS_TOKENS: '1000' } });

describe('the scopes that are asked for', () => {
  let owner: SignedIn;
  beforeAll(async () => {
    [owner] = await signIn(latchkey, 1);
  });

  const create = async (scopes: unknown) =>
    (await owner.client.data(CREATE_TOKEN, { input: { ...tokenInput(), scopes } })).createPersonalAccessToken;

  test.each([
    ['none', [], [['scopes', 'REQUIRED']]],
    ['a wildcard', ['*'], [['scopes.0', 'UNKNOWN_SCOPE']]],
    ['wildcards of a kind', ['profile:*', 'sessions', ':read'], ['0', '1', '2'].map(unknown)],
    ['an empty one', [''], [['scopes.0', 'UNKNOWN_SCOPE']]],
    ['many in one, as a JWT has them', ['profile:read sessions:read'], [['scopes.0', 'UNKNOWN_SCOPE']]],
    ['one in capitals', ['Profile:Read'], [['scopes.0', 'UNKNOWN_SCOPE']]],
    ['one with space about it', [' profile:read', 'profile:read\n'], ['0', '1'].map(unknown)],
    ['one with a NUL', ['profile:read\u0000'], [['scopes.0', 'UNKNOWN_SCOPE']]],
    [
      'names of prototypes',
      ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'length'],
      ['0', '1', '2', '3', '4', '5'].map(unknown),
    ],
    ['names of roles', ['user', 'admin', 'publisher'], ['0', '1', '2'].map(unknown)],
    ["an administrator's", ['users:read'], [['scopes.0', 'SCOPE_NOT_GRANTABLE']]],
    ["another role's", ['posts:write'], [['scopes.0', 'SCOPE_NOT_GRANTABLE']]],
    [
      'good ones beside bad ones',
      ['profile:read', '*', 'sessions:read', 'tokens:write:any'],
      [
        ['scopes.1', 'UNKNOWN_SCOPE'],
        ['scopes.3', 'SCOPE_NOT_GRANTABLE'],
      ],
    ],
  ])('are told what is wrong: %s', async (_what, scopes, fields) => {
    const outcome = await create(scopes);
    expect(outcome).toMatchObject({ __typename: 'AuthInvalidInputError', code: 'INVALID_INPUT' });
    expect(
      outcome.fields.map(({ path, code }: { path: string[]; code: string }) => [path.join('.'), code]),
    ).toEqual(fields);
  });

  test.each([[null], [[null]], [['profile:read', null]], [{}], [[['profile:read']]], [1], [[true]]])(
    'are no list of names: %j',
    async (scopes) => {
      const input = { ...tokenInput(), scopes };
      expect(await errorCodeOf(owner.client.send(CREATE_TOKEN, { input }))).toBe('BAD_USER_INPUT');
    },
  );

  test('must be given', async () => {
    const { scopes: _, ...input } = tokenInput();
    expect(await errorCodeOf(owner.client.send(CREATE_TOKEN, { input }))).toBe('BAD_USER_INPUT');
  });

  test('made no token by any of this', async () => {
    const { me } = await owner.client.data('{ me { personalAccessTokens(status: null) { totalCount } } }');
    expect(me.personalAccessTokens.totalCount).toBe(0);
  });

  test('count once each', async () => {
    const outcome = await create(['profile:read', 'sessions:read', 'profile:read', 'profile:read']);
    expect(outcome.personalAccessToken.scopes).toEqual(['profile:read', 'sessions:read']);
  });

  test('are granted as the owner holds them then, and count as the owner holds them now', async () => {
    const [publisher] = await signIn(latchkey, 1);
    const setRoles = 'UPDATE users SET roles = $2 WHERE id = $1';
    await runSql(latchkey.databaseUrl, setRoles, [publisher.userId, ['user', 'publisher']]);
    const made = await makeToken(publisher.client, 'profile:read', 'posts:write');
    await runSql(latchkey.databaseUrl, setRoles, [publisher.userId, ['user']]);
    const refused = await publisher.client.data(CREATE_TOKEN, {
      input: tokenInput({ scopes: ['posts:write'] }),
    });
    expect(refused.createPersonalAccessToken.fields).toEqual([
      { path: ['scopes', '0'], code: 'SCOPE_NOT_GRANTABLE' },
    ]);
    expect((await bearing(latchkey, made.token).data('{ me { id email } }')).me.email).not.toBeNull();
  });
});

describe('a user’s grantable scopes', () => {
  const GRANTABLE = '{ me { grantableScopes { name description } } }';

  test('are those of their roles, each with what it lets one do', async () => {
    const [plain] = await signIn(latchkey, 1);
    const own = Object.entries(ownScopes).map(([name, description]) => ({ name, description }));
    expect((await plain.client.data(GRANTABLE)).me.grantableScopes).toEqual(own);
    await runSql(latchkey.databaseUrl, `UPDATE users SET roles = '{user,publisher,gone}' WHERE id = $1`, [
      plain.userId,
    ]);
    const described = (await plain.client.data(GRANTABLE)).me.grantableScopes;
    expect(described.slice(own.length)).toEqual([
      { name: 'posts:write', description: 'A scope of another subgraph.' },
      { name: 'posts:read', description: 'A scope of another subgraph.' },
    ]);
  });

  test('are told to nobody else', async () => {
    const [{ userId }] = await signIn(latchkey, 1);
    const [{ client: other }] = await signIn(latchkey, 1);
    const query = `{ user(id: "${userId}") { grantableScopes { name } } }`;
    expect(await errorCodeOf(other.send(query))).toBe('FORBIDDEN');
  });
});

/** Everything that a scope may open, as an administrator's token could do it: does it get through? */
const powers: Readonly<Record<string, (script: GraphQLClient, about: About) => Promise<boolean>>> = {
  'ask about tokens': (script) => passes(script, '{ introspectToken(token: "x") { active } }'),
  'read the own profile': (script) => passes(script, '{ me { email roles grantableScopes { name } } }'),
  'change the own profile': (script) =>
    passes(script, 'mutation { updateProfile(input: { name: "N" }) { __typename } }'),
  'list the own sessions': (script) => passes(script, '{ me { sessions { totalCount } } }'),
  'refer to an own session': (script, { admin }) => finds(script, 'Session', admin.sessionId),
  'watch the own sessions': (script, { admin }) => opensStream(script, 'mySessionChanged', admin.client),
  'end an own session': (script, { admin }) => passes(script, END('terminateSession', admin.sessionId)),
  'list the own tokens': (script) => passes(script, '{ me { personalAccessTokens { totalCount } } }'),
  'refer to an own token': (script, { admin }) => finds(script, 'PersonalAccessToken', admin.tokenId),
  "read another's profile": (script, { other }) =>
    passes(script, `{ user(id: "${other.userId}") { email } }`),
  'list everyone’s sessions': (script) => passes(script, '{ sessions { totalCount nodes { id } } }'),
  "list another's sessions": (script, { other }) =>
    passes(script, `{ user(id: "${other.userId}") { sessions { totalCount } } }`),
  "refer to another's session": (script, { other }) => finds(script, 'Session', other.sessionId),
  'watch everyone’s sessions': (script, { admin }) => opensStream(script, 'sessionChanged', admin.client),
  "end another's session": async (script, { other }) =>
    (await script.send(END('terminateSession', other.sessionId))).data?.terminateSession?.__typename ===
    'SessionsTerminated',
  "end another's sessions": (script, { other }) =>
    passes(script, `mutation { terminateUserSessions(userId: "${other.userId}") { count } }`),
  "list another's tokens": (script, { other }) =>
    passes(script, `{ user(id: "${other.userId}") { personalAccessTokens { totalCount } } }`),
  "refer to another's token": (script, { other }) => finds(script, 'PersonalAccessToken', other.tokenId),
  'revoke a token, any': async (script, { other }) =>
    (await script.send(END('revokePersonalAccessToken', other.tokenId))).data?.revokePersonalAccessToken
      ?.__typename === 'PersonalAccessTokenRevoked',
  // What no scope opens: it takes a session.
  'make a token': (script) =>
    passes(script, 'mutation { createPersonalAccessToken(input: { name: "x", scopes: [] }) { __typename } }'),
  'rotate a token': (script, { admin }) => passes(script, END('rotatePersonalAccessToken', admin.tokenId)),
  'end the own other sessions': (script) =>
    passes(script, 'mutation { terminateOtherSessions { __typename } }'),
  'show a password': (script) =>
    passes(script, 'mutation { reauthenticate(input: { password: "x" }) { __typename } }'),
  'change the password': (script) =>
    passes(
      script,
      'mutation { changePassword(input: { currentPassword: "x", newPassword: "x" }) { __typename } }',
    ),
  'keep a session alive': (script) => passes(script, 'mutation { recordActivity { id } }'),
};

const OPENED_BY: Readonly<Record<string, readonly string[]>> = {
  'profile:read': ['read the own profile'],
  'profile:write': ['change the own profile'],
  'sessions:read': ['list the own sessions', 'refer to an own session', 'watch the own sessions'],
  'sessions:write': ['end an own session'],
  'tokens:read': ['list the own tokens', 'refer to an own token'],
  'users:read': ['read the own profile', "read another's profile"],
  'users:write': [],
  'sessions:read:any': [
    ...['list the own sessions', 'refer to an own session', 'list everyone’s sessions'],
    ...["list another's sessions", "refer to another's session", 'watch everyone’s sessions'],
  ],
  'sessions:write:any': ['end an own session', "end another's session", "end another's sessions"],
  'tokens:write:any': [
    ...['list the own tokens', 'refer to an own token', "list another's tokens"],
    ...["refer to another's token", 'revoke a token, any'],
  ],
  'audit:read': [],
  'tokens:introspect': ['ask about tokens'],
};

interface About {
  readonly admin: { readonly client: GraphQLClient; readonly sessionId: string; readonly tokenId: string };
  readonly other: { readonly userId: string; readonly sessionId: string; readonly tokenId: string };
}

describe('a token with one scope', () => {
  let admin: GraphQLClient;
  beforeAll(async () => {
    admin = await signInAdministrator(latchkey);
  });

  /** Someone else with a session and a token, and a session and a token of the administrator, all to be lost. */
  async function about(): Promise<About> {
    const [{ client, userId, id }] = await signIn(latchkey, 1);
    const { me } = await admin.data('{ me { id } }');
    const sessionId = randomUUID();
    await runSql(
      latchkey.databaseUrl,
      `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at)
       VALUES ($1, $2, '', 'BODY', now() + interval '1 day')`,
      [sessionId, me.id],
    );
    return {
      admin: { client: admin, sessionId, tokenId: (await makeToken(admin, 'users:write')).id },
      other: { userId, sessionId: id, tokenId: (await makeToken(client, 'profile:read')).id },
    };
  }

  test('is told of here, whichever scope it is', () => {
    expect(Object.keys(OPENED_BY)).toEqual(Object.keys({ ...ownScopes, ...adminScopes }));
  });

  test.each(Object.entries(OPENED_BY))('%s opens what it says, and nothing else', async (scope, expected) => {
    const script = bearing(latchkey, (await makeToken(admin, scope)).token);
    const targets = await about();
    const open: string[] = [];
    for (const [power, attempt] of Object.entries(powers)) {
      if (await attempt(script, targets)) open.push(power);
    }
    expect(open).toEqual(expected);
  });
});

function unknown(index: string): [string, string] {
  return [`scopes.${index}`, 'UNKNOWN_SCOPE'];
}

function END(field: string, id: string): string {
  return `mutation { ${field}(id: "${id}") { __typename } }`;
}

/** Is it answered, without an error? Whatever is refused is FORBIDDEN and nothing else. */
async function passes(script: GraphQLClient, document: string): Promise<boolean> {
  const { errors } = await script.send(document);
  for (const { extensions } of errors) expect(extensions['code']).toBe('FORBIDDEN');
  return errors.length === 0;
}

async function finds(script: GraphQLClient, __typename: string, id: string): Promise<boolean> {
  const document = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
  return (await script.data(document, { r: [{ __typename, id }] }))._entities[0] !== null;
}

/** Does it tell of what the administrator does? */
async function opensStream(
  { url, accessToken }: GraphQLClient,
  field: string,
  admin: GraphQLClient,
): Promise<boolean> {
  const authorization = `Bearer ${accessToken}`;
  const stream = new TestStream(url, `subscription { ${field} { id } }`, { authorization });
  try {
    await eventually(async () => {
      await admin.refresh();
      return stream.results.length > 0;
    });
    const [{ data, errors = [] }] = stream.results;
    for (const { extensions } of errors) expect(extensions.code).toBe('FORBIDDEN');
    return data?.[field] != null;
  } finally {
    await stream.close();
  }
}

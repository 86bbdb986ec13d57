import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import {
  type Authentication,
  type GraphQLClient,
  LOGIN,
  newAccount,
  PASSWORD,
  REFRESH,
  SIGNUP,
} from '../support/client.ts';
import { statementsOn } from '../support/statements.ts';

const CHANGE_PASSWORD =
  'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }';

let caller: GraphQLClient;
let account: Authentication;

const latchkey = useTestApp();
beforeAll(async () => {
  caller = latchkey.client();
  account = await caller.signup();
});

describe('a value of the wrong type', () => {
  const wrong: readonly [string, unknown][] = [
    ['null', null],
    ['a list', ['a', 'b']],
    ['an object', { $ne: null }],
    ['a number', 7],
    ['a boolean', true],
  ];
  const places: readonly [string, string, (value: unknown) => object][] = [
    ['the email of signup', SIGNUP, (email) => ({ input: { ...newAccount(), email } })],
    ['the password of signup', SIGNUP, (password) => ({ input: { ...newAccount(), password } })],
    ['the identifier of login', LOGIN, (identifier) => ({ input: { identifier, password: PASSWORD } })],
    ['the password of login', LOGIN, (password) => ({ input: { identifier: account.user.email, password } })],
    [
      'the current password',
      CHANGE_PASSWORD,
      (value) => ({ input: { currentPassword: value, newPassword: PASSWORD } }),
    ],
    [
      'the new password',
      CHANGE_PASSWORD,
      (value) => ({ input: { currentPassword: PASSWORD, newPassword: value } }),
    ],
    ['the id of user', 'query ($id: ID!) { user(id: $id) { id } }', (id) => ({ id })],
    [
      'the id of terminateSession',
      'mutation ($id: ID!) { terminateSession(id: $id) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'the id of terminateUserSessions',
      'mutation ($id: ID!) { terminateUserSessions(userId: $id) { count } }',
      (id) => ({ id }),
    ],
    [
      'a cursor',
      'query ($after: String!) { me { sessions(after: $after) { totalCount } } }',
      (after) => ({ after }),
    ],
  ];
  const cases = places.flatMap(([place, document, variables]) =>
    wrong.map(([what, value]) => [place, what, document, variables, value] as const),
  );

  test.each(cases)('for %s is an input error: %s', async (_place, _what, document, variables, value) => {
    const { data, errors } = await caller.send(document, variables(value));
    expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    expect(Object.values(data ?? { none: null })).toEqual([null]);
  });

  test.each(['a list', 'an object', 'a number', 'a boolean'])(
    'for a refresh token is an input error: %s',
    async (what) => {
      const refreshToken = wrong.find(([name]) => name === what)?.[1];
      for (const document of [
        REFRESH,
        'mutation ($input: LogoutInput) { logout(input: $input) { count } }',
      ]) {
        const { errors } = await caller.send(document, { input: { refreshToken } });
        expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
      }
      expect((await caller.data('{ me { id } }')).me.id).toBe(account.user.id);
    },
  );

  test('is looked up nowhere, and neither is what is left out', async () => {
    const statements = await statementsOn('users', async () => {
      for (const variables of [{}, { id: null }, { id: { $gt: '' } }, { id: '%' }, { id: '0' }]) {
        const { data, errors } = await caller.send('query ($id: ID!) { user(id: $id) { id } }', variables);
        expect([data?.user ?? null, errors[0]?.extensions['code']]).toEqual([null, 'BAD_USER_INPUT']);
      }
    });
    expect(statements).toEqual([]);
  });

  test('is told without the values beside it, where it stands, and without suggestions', async () => {
    const secret = 'the secret that must not be told';
    for (const input of [
      { identifier: 'a', password: secret, rememberMe: true },
      { identifer: 'a', password: secret },
      { identifier: 'a', password: [secret] },
      { identifier: 'a', password: { value: secret } },
      { identifier: 'a', password: secret, refreshTokenTransport: secret },
      [secret],
      secret,
    ]) {
      const answer = await caller.send(LOGIN, { input });
      expect(answer.errors[0]?.message).toMatch(/^Variable "\$input" is not valid at "input[\w.[\]]*"\. /);
      expect(JSON.stringify(answer)).not.toContain(secret);
      expect(JSON.stringify(answer)).not.toContain('Did you mean');
    }
  });
});

test('a cursor or page size that is none is an input error, and no failure', async () => {
  const cursor = (text: string) => Buffer.from(text).toString('base64url');
  const id = account.session.id;
  const bad = [
    { first: 0 },
    { first: -1 },
    { first: 101 },
    { after: '' },
    { after: 'x' },
    { after: cursor(`1e3 ${id}`) },
    { after: cursor(`1 ${id.slice(1)}`) },
  ];
  for (const variables of bad) {
    const { errors } = await caller.send(
      'query ($first: Int! = 1, $after: String) { me { sessions(first: $first, after: $after) { totalCount } } }',
      variables,
    );
    expect([variables, errors[0]?.extensions['code']]).toEqual([variables, 'BAD_USER_INPUT']);
  }
  for (const far of ['0', '999999999999999']) {
    const { me } = await caller.data(
      'query ($after: String) { me { sessions(after: $after) { totalCount } } }',
      { after: cursor(`${far} ${id}`) },
    );
    expect(me.sessions.totalCount).toBe(1);
  }
});

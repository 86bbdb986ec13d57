import { expect, test } from '@jest/globals';
import { parseImportedUser } from '../../src/modules/imports/imported-user.ts';

const HASH = `$2b$10$${'a'.repeat(21)}u${'a'.repeat(31)}`;
const ARGON2 = '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const ID = '1B4E28BA-2FA1-11D2-883F-0016D3CCA427';

const parse = (value: unknown, computesArgon2 = true) =>
  parseImportedUser(value, {
    isRole: (name) => ['user', 'admin'].includes(name),
    computesArgon2,
    now: new Date('2031-01-01T00:00:00Z'),
  });

test('fields of JSON and of CSV mean the same', () => {
  const user = {
    email: { text: 'Ann@Example.com', key: 'ann@example.com' },
    username: { text: 'Admin', key: 'admin' },
    name: 'Ann',
    passwordHash: HASH,
    emailVerified: true,
    roles: ['admin', 'user'],
    createdAt: new Date('2024-01-02T03:04:05.123Z'),
    id: ID.toLowerCase(),
    isDisabled: true,
  };
  const common = { email: ' Ann@Example.com', username: 'Admin', name: 'Ann', passwordHash: HASH, id: ID };
  for (const fields of [
    {
      roles: ['admin', 'user', 'admin'],
      emailVerified: true,
      disabled: true,
      createdAt: '2024-01-02T04:04:05.123+01:00',
    },
    { roles: 'admin, user', emailVerified: 't', disabled: '1', createdAt: '2024-01-02 03:04:05.123+00' },
  ])
    expect(parse({ ...common, ...fields })).toEqual({ kind: 'parsed', user });
});

test('only the e-mail address is required', () => {
  const nothing = {
    username: null,
    name: null,
    passwordHash: null,
    emailVerified: null,
    roles: null,
    createdAt: null,
    id: null,
  };
  for (const fields of [{}, { ...nothing, disabled: null }])
    expect(parse({ email: 'ann@example.com', ...fields })).toEqual({
      kind: 'parsed',
      user: {
        email: { text: 'ann@example.com', key: 'ann@example.com' },
        username: null,
        name: null,
        passwordHash: null,
        emailVerified: false,
        roles: ['user'],
        createdAt: null,
        id: null,
        isDisabled: false,
      },
    });
});

test.each([
  [{ email: 'no address' }, 'email: This is not an e-mail address.'],
  [{ email: undefined }, 'email: An e-mail address is required.'],
  [{ username: 'a' }, 'username: A username has 3 to 32 characters'],
  [{ name: '\u001b[31m' }, 'name: A name has 1 to 100 characters'],
  [{ passwordHash: 'secret' }, 'passwordHash: This is a hash of no supported format'],
  [{ passwordHash: 7 }, 'passwordHash: This is not text.'],
  [{ emailVerified: 'yes' }, 'emailVerified: This is neither true nor false.'],
  [{ roles: ['king'] }, 'roles: Not every role'],
  [{ roles: 7 }, 'roles: This is no list of roles.'],
  [{ createdAt: '2024-01-02T03:04:05' }, 'createdAt: This is no time of ISO 8601'],
  [{ createdAt: '0000-01-02T03:04:05Z' }, 'createdAt: This is no time of ISO 8601'],
  [{ createdAt: '2024-13-02T03:04:05Z' }, 'createdAt: This is no time of ISO 8601'],
  [{ createdAt: '2031-01-01T00:00:01Z' }, 'createdAt: This is no time of ISO 8601'],
  [{ id: '42' }, 'id: This is not a UUID.'],
  [{ password: 'secret', plan: 1 }, 'Unknown fields: password, plan.'],
  [{ [HASH]: 1 }, 'Unknown fields.'],
  [JSON.parse('{"__proto__":{"email":"x"}}'), 'Unknown fields: __proto__.'],
  [
    { username: 'a', id: '42' },
    'username: A username has 3 to 32 characters: letters of one writing system, digits, dots, hyphens and underscores. id: This is not a UUID.',
  ],
])('%j is refused by the name of the field', (fields, reason) => {
  const value = Object.defineProperties(
    { email: 'ann@example.com' },
    Object.getOwnPropertyDescriptors(fields),
  );
  expect(parse(value)).toEqual({ kind: 'invalid', reason: expect.stringContaining(reason) });
});

test.each([[null], [7], ['ann@example.com'], [[{ email: 'ann@example.com' }]]])('%j is no user', (value) => {
  expect(parse(value).kind).toBe('invalid');
});

test('a hash that this machine cannot compare is refused', () => {
  expect(parse({ email: 'ann@example.com', passwordHash: ARGON2 }).kind).toBe('parsed');
  expect(parse({ email: 'ann@example.com', passwordHash: ARGON2 }, false)).toEqual({
    kind: 'invalid',
    reason: expect.stringContaining('@node-rs/argon2, which does not load'),
  });
});

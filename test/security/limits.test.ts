import { beforeAll, describe, expect, test } from '@jest/globals';
import { limits } from '../../src/graphql/operations/limits.ts';
import { useTestApp } from '../support/app.ts';
import { newAccount, PASSWORD } from '../support/client.ts';
import { get, type HttpAnswer, post } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';

const logger = new RecordingLogger();
const account = newAccount();

const latchkey = useTestApp({ logger });
beforeAll(async () => {
  await latchkey.client().signup(account);
});

const NODE_ID = '00000000-0000-4000-8000-000000000000';
const times = (count: number, one: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => one(i)).join(' ');
const send = (query: string) => post(latchkey.url, JSON.stringify({ query }));

/** The answer to an operation that must not have been executed. */
async function refusal(query: string): Promise<string> {
  const answers: HttpAnswer[] = [];
  const statements = await statementsOn('users', async () => {
    answers.push(await send(query), await get(latchkey.url, { query }));
  });
  expect(statements).toEqual([]);
  const [byPost, byGet] = answers;
  expect(byGet?.json).toEqual(byPost?.json);
  expect(byPost?.status).toBe(200);
  expect(byPost?.json).not.toHaveProperty('data');
  expect(byPost?.json.errors).toHaveLength(1);
  return `${byPost?.json.errors[0].extensions.code}: ${byPost?.json.errors[0].message}`;
}

/** The operation is executed: it may fail, but by its data. */
async function expectExecuted(query: string): Promise<void> {
  expect((await send(query)).json).toHaveProperty('data');
}

describe('an operation is refused before it is executed, by POST and GET alike, when it', () => {
  const user = (fields: string) => `user(id: "${NODE_ID}") { ${fields} }`;
  const nested = (levels: number, inner = 'id') =>
    Array.from({ length: levels }).reduce<string>(
      (below) => `sessions { nodes { user { ${below} } } }`,
      inner,
    );

  test('is nested deeper than 10', async () => {
    const tooDeep = 'BAD_USER_INPUT: The operation is nested deeper than 10.';
    await expectExecuted(`{ ${user(nested(2, 'sessions { totalCount }'))} }`);
    await expectExecuted(`{ ${user(nested(2, 'sessions { nodes { id } }'))} }`);
    expect(await refusal(`{ ${user(nested(2, 'sessions { nodes { device { kind } } }'))} }`)).toBe(tooDeep);
    expect(
      await refusal(`{ ${user('...A')} } fragment A on User { ${nested(1, '...B')} }
      fragment B on User { ${nested(1, '... on User { ...C }')} } fragment C on User { ${nested(1)} }`),
    ).toBe(tooDeep);
    expect(await refusal(`{ _entities(representations: []) { ... on User { ${nested(3)} } } }`)).toBe(
      tooDeep,
    );
  });

  test('has more than 15 aliases', async () => {
    const tooMany = 'BAD_USER_INPUT: The operation has more than 15 aliases.';
    const aliases = (count: number) => times(count, (i) => `a${i}: username`);
    await expectExecuted(`{ ${user(aliases(15))} }`);
    expect(await refusal(`{ ${user(aliases(16))} }`)).toBe(tooMany);
    expect(await refusal(`{ ${user('...F')} b: ${user('...F')} } fragment F on User { ${aliases(8)} }`)).toBe(
      tooMany,
    );
    expect(await refusal(`{ _entities(representations: []) { ... on User { ${aliases(16)} } } }`)).toBe(
      tooMany,
    );
  });

  test('has more than 5 root fields', async () => {
    const tooMany = 'BAD_USER_INPUT: The operation has more than 5 root fields.';
    const fields = (count: number) => times(count, (i) => `a${i}: ${user('id')}`);
    await expectExecuted(`{ ${fields(5)} }`);
    expect(await refusal(`{ ${fields(6)} }`)).toBe(tooMany);
    expect(
      await refusal(`{ ...F ... on Query { b: ${user('id')} } } fragment F on Query { ${fields(5)} }`),
    ).toBe(tooMany);
  });

  test('has more than 50 directives', async () => {
    const tooMany = 'BAD_USER_INPUT: The operation has more than 50 directives.';
    const fields = (count: number) => times(count, () => 'username @include(if: true)');
    await expectExecuted(`{ ${user(fields(50))} }`);
    expect(await refusal(`{ ${user(fields(51))} }`)).toBe(tooMany);
    expect(
      await refusal(`{ ${user('...F ...F @skip(if: false)')} } fragment F on User { ${fields(25)} }`),
    ).toBe(tooMany);
    expect(await refusal(`{ ${user(times(51, () => '... on User @include(if: true) { id }'))} }`)).toBe(
      tooMany,
    );
  });

  test('has more than 1,000 tokens', async () => {
    const tokens = (count: number) =>
      `{ _entities(representations: [${times(count - 12, () => '0')}]) { __typename } }`;
    await expectExecuted(tokens(1000));
    expect(await refusal(tokens(1001))).toMatch(/^GRAPHQL_PARSE_FAILED: .* 1000 tokens/);
  });

  test('spreads fragments in a circle, or repeats a directive', async () => {
    expect(await refusal(`{ ${user('...A')} } fragment A on User { id ...A }`)).toMatch(
      /^GRAPHQL_VALIDATION_FAILED/,
    );
    expect(await refusal(`{ ${user('id @skip(if: false) @skip(if: false)')} }`)).toMatch(
      /^GRAPHQL_VALIDATION_FAILED/,
    );
  });
});

describe('an operation is refused, and nothing is looked up, when', () => {
  const id = `id: "${NODE_ID}"`;
  const refused = async (query: string, variables: object = {}) => {
    const statements = await statementsOn('users', async () => {
      const { json } = await post(latchkey.url, JSON.stringify({ query, variables }));
      expect(json).toEqual({
        errors: [{ message: expect.any(String), extensions: { code: 'BAD_USER_INPUT' } }],
      });
    });
    expect(statements).toEqual([]);
  };
  const references = Array.from({ length: 500 }, () => ({ __typename: 'User', id: NODE_ID }));

  test.each([
    ['given', 'first: 20', {}],
    ['a default of the schema', '', {}],
    ['a variable', 'first: $n', { n: 20 }],
    ['a variable without a value, so that the default of the schema counts', 'first: $n', {}],
  ])('its lists together are too long, their length %s', async (_how, first, variables) => {
    const declared = first.includes('$') ? ', $n: Int' : '';
    const argument = first === '' ? '' : `(${first})`;
    await refused(
      `query ($r: [_Any!]!${declared}) { _entities(representations: $r) { ... on User { sessions${argument} {
        nodes { id createdAt lastActiveAt expiresAt status } } } } }`,
      { r: references, ...variables },
    );
  });

  test('a list in its variables has more than 1,000 items', async () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
    await refused(query, { r: Array.from({ length: 1_001 }, () => references[0]) });
    await refused(query, { r: [{ __typename: 'User', id: Array.from({ length: 1_001 }, () => 0) }] });
  });

  test('an alias is longer than 100 characters', async () => {
    await refused(`{ ${'a'.repeat(101)}: user(${id}) { id } }`);
    await refused(`{ user(${id}) { ...F } } fragment F on User { ${'a'.repeat(101)}: id }`);
    await expectExecuted(`{ ${'a'.repeat(100)}: user(${id}) { id } }`);
  });

  test('its document has more than 1,000 lines', async () => {
    for (const end of ['\n', '\r', '\r\n']) {
      await refused(`${end.repeat(1_000)}{ user(${id}) { id } }`);
      await expectExecuted(`${end.repeat(999)}{ user(${id}) { id } }`);
    }
  });
});

test('an answer that would be too long is not told, and its fields are resolved no further', async () => {
  // As long as names and user agents may be: what a field holds is not known before it is resolved.
  await runSql(
    latchkey.databaseUrl,
    `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at, user_agent)
     SELECT gen_random_uuid(), id, '\\x00', 'BODY', now() + interval '1 day', repeat('x', 500)
     FROM users, generate_series(1, 99) WHERE email = '${account.email}'`,
  );
  const client = latchkey.client();
  await client.login({ identifier: account.email, password: PASSWORD });
  const nodes = (below: string) => `sessions(first: 100, status: null) { nodes { ${below} } }`;
  const { data, errors } = await client.send(
    `{ me { ${nodes(`user { ${nodes('device { userAgent }')} }`)} } }`,
  );
  expect([data, errors]).toEqual([
    undefined,
    [
      {
        message: 'The answer has more than 5000000 characters: ask for shorter lists.',
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ],
  ]);
  // One of the many that were not resolved would be an error of ours otherwise, and each a line.
  expect(logger.lines.filter((line) => line.startsWith('error'))).toEqual([]);
});

test('_entities fields are free, for a router multiplies them; what they carry counts', async () => {
  const fields = times(
    20,
    (i) => `e${i}: _entities(representations: {__typename: "User", id: "${NODE_ID}"}) { __typename }`,
  );
  await expectExecuted(`{ ${fields} }`);
});

// Unfolded they would take minutes, and no answer would come.
describe('thirty fragments that unfold to 2^30 fields', () => {
  const doubling = (spread: (next: string) => string, last: string) =>
    `${times(30, (i) => `fragment F${i} on User { ${spread(`...F${i + 1}`)} }`)} fragment F30 on User { ${last} }`;

  test.each([
    ['as they are', `{ user(id: "${NODE_ID}") { ...F0 } } ${doubling((next) => `${next} ${next}`, 'id')}`],
    [
      'through inline fragments',
      `{ user(id: "${NODE_ID}") { ...F0 } } ${doubling((next) => `${next} ... { ${next} }`, 'id')}`,
    ],
  ])('are measured once each, %s, and refused', async (_how, query) => {
    await send('{ __typename }');
    expect(await refusal(query)).toBe(
      `BAD_USER_INPUT: The operation may resolve more than ${limits.cost} fields: ask for shorter lists.`,
    );
  });

  test('are answered for no references', async () => {
    await expectExecuted(
      `{ _entities(representations: []) { ...F0 } } ${doubling((next) => `${next} ${next}`, 'id')}`,
    );
  });

  test('are refused where each bears an alias', async () => {
    expect(
      await refusal(`{ user(id: "${NODE_ID}") { ...F0 } } ${doubling((next) => `${next} ${next}`, 'a: id')}`),
    ).toBe('BAD_USER_INPUT: The operation has more than 15 aliases.');
  });
});

describe('a mutation that takes or gives a credential', () => {
  const login = `login(input: {identifier: "${account.email}", password: "${PASSWORD}"}) { __typename }`;
  const alone = (field: string) => `${field} must be the only field of its mutation.`;

  test.each([
    ['two aliased logins', `mutation { a: ${login} b: ${login} }`, 'login'],
    [
      'a login beside one in a fragment',
      `mutation { ${login} ...F } fragment F on Mutation { b: ${login} }`,
      'login',
    ],
    [
      'two logins in a fragment',
      `mutation { ...F } fragment F on Mutation { a: ${login} b: ${login} }`,
      'login',
    ],
    [
      'two logins in inline fragments',
      `mutation { ... { a: ${login} } ... on Mutation { b: ${login} } }`,
      'login',
    ],
    [
      'a login beside another that is skipped',
      `mutation { a: ${login} ... @skip(if: true) { b: ${login} } }`,
      'login',
    ],
    [
      'a login beside another mutation',
      `mutation { terminateOtherSessions { __typename } ${login} }`,
      'login',
    ],
    [
      'a signup beside a login',
      `mutation { signup(input: {email: "x@example.com", password: "${PASSWORD}"}) { __typename } ${login} }`,
      'signup',
    ],
    [
      'two refreshes',
      'mutation { a: refreshSession(input: {refreshToken: "a"}) { __typename } b: refreshSession { __typename } }',
      'refreshSession',
    ],
    [
      'two checks of the password',
      'mutation { a: reauthenticate(input: {password: "a"}) { __typename } b: reauthenticate(input: {password: "b"}) { __typename } }',
      'reauthenticate',
    ],
    [
      'two changes of the password',
      'mutation { a: changePassword(input: {currentPassword: "a", newPassword: "b"}) { __typename } b: changePassword(input: {currentPassword: "a", newPassword: "b"}) { __typename } }',
      'changePassword',
    ],
    [
      'two logouts',
      'mutation { a: logout(input: {refreshToken: "a"}) { count } b: logout(input: {refreshToken: "b"}) { count } }',
      'logout',
    ],
    [
      'two new tokens',
      'mutation { a: createPersonalAccessToken(input: {name: "a", scopes: []}) { __typename } b: createPersonalAccessToken(input: {name: "b", scopes: []}) { __typename } }',
      'createPersonalAccessToken',
    ],
    [
      'a leaked token beside a logout',
      'mutation { revokeLeakedToken(input: {token: "a"}) { __typename } logout { count } }',
      'revokeLeakedToken',
    ],
  ])('stands alone: %s are refused, and none is attempted', async (_what, query, field) => {
    const events = async () =>
      (await runSql(latchkey.databaseUrl, 'SELECT count(*)::int AS n FROM events'))[0]?.['n'];
    const before = await events();
    const statements = await statementsOn('users', async () => {
      const { json } = await send(query);
      expect(json).toEqual({ errors: [{ message: alone(field), extensions: { code: 'BAD_USER_INPUT' } }] });
    });
    expect(statements).toEqual([]);
    expect(await events()).toBe(before);
  });

  test('may be one of several operations of a document, of which one is executed', async () => {
    const query = `mutation A { ${login} } mutation B { ${login} }`;
    const answer = await post(latchkey.url, JSON.stringify({ query, operationName: 'B' }));
    expect(answer.json).toEqual({ data: { login: { __typename: 'Authentication' } } });
  });

  test('may stand beside the name of its type, which routers ask for', async () => {
    expect((await send(`mutation { __typename ${login} }`)).json.data.login).toEqual({
      __typename: 'Authentication',
    });
  });
});

test('what is refused is a client’s error, not ours, to those who ask for the newer media type', async () => {
  const accept = { accept: 'application/graphql-response+json' };
  for (const query of [
    '{',
    '{ nothing }',
    `{ ${times(6, (i) => `a${i}: me { id }`)} }`,
    'query ($id: ID!) { user(id: $id) { id } }',
    'subscription { x }',
  ]) {
    const answer = await post(latchkey.url, JSON.stringify({ query }), accept);
    expect([query, answer.status, answer.json.data]).toEqual([query, 400, undefined]);
    expect((await send(query)).status).toBe(200);
  }
});

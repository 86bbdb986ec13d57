import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type Authentication, type GraphQLClient, newAccount, SIGNUP } from '../support/client.ts';
import { get, post, postRaw } from '../support/http.ts';
import { runSql } from '../support/sql.ts';

let caller: GraphQLClient;
let account: Authentication;

const latchkey = useTestApp();
beforeAll(async () => {
  caller = latchkey.client();
  account = await caller.signup();
});

const codeOf = (answer: { json: { errors?: { extensions: { code: string } }[] } | null }) =>
  answer.json?.errors?.[0]?.extensions.code;
/** Everything that requests could have changed. Refusals of requests before are written a while after them. */
const countRows = () =>
  runSql(
    latchkey.databaseUrl,
    `SELECT (SELECT count(*) FROM users) u, (SELECT count(*) FROM sessions) s,
       (SELECT count(*) FROM events WHERE kept AND outcome = 'SUCCESS') e`,
  );

describe('a Host header', () => {
  const send = (host: string) =>
    postRaw(latchkey.url, ['Content-Type: application/json'], { query: '{ me { id } }' }, host);

  test.each(['', '[', 'a b', '%00', '@', 'x:99999999', '[::1', 'a^c'])(
    'that can be part of no URL is refused, and is no failure of ours: "%s"',
    async (host) => {
      const answer = await send(host);
      expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_REQUEST']);
    },
  );

  test.each(['localhost', '127.0.0.1:4001', '[::1]:4001', 'auth.example.com', 'x'.repeat(250)])(
    'that can is taken: "%s"',
    async (host) => {
      expect((await send(host)).json).toEqual({ data: { me: null } });
    },
  );
});

describe('an Authorization header', () => {
  const ME_AND_POLICY = { query: '{ me { id } authPolicy { passwordMinLength } }' };
  const JSON_HEADER = 'Content-Type: application/json';

  test.each([
    ['of another scheme', 'Basic dXNlcjpwYXNz'],
    ['with the scheme alone', 'Bearer'],
    ['with a token alone', 'a.b.c'],
    ['with bad percent-encoding', 'Bearer %E0%A4%A'],
    ['with five segments, as of an encrypted token', 'Bearer a.b.c.d.e'],
    ['with empty segments', 'Bearer ..'],
    ['with segments that are no JSON', 'Bearer AAAA.AAAA.AAAA'],
    [
      'with a segment that is JSON and no object',
      `Bearer ${Buffer.from('null').toString('base64url')}.bnVsbA.AAAA`,
    ],
    ['with two tokens', 'Bearer a.b.c, Bearer d.e.f'],
    ['with letters beyond ASCII', 'Bearer \u00e9\u00ff'],
    ['of twelve thousand characters', `Bearer ${'a'.repeat(12_000)}`],
    ['of a thousand segments', `Bearer ${'a.'.repeat(1_000)}`],
    ['that is a refresh token', 'Bearer REFRESH_TOKEN'],
  ])('%s is a refused credential, and no failure', async (_what, value) => {
    const header = value.replace('REFRESH_TOKEN', account.refreshToken);
    const answer = await postRaw(latchkey.url, [JSON_HEADER, `Authorization: ${header}`], ME_AND_POLICY);
    expect(answer.status).toBe(200);
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
    expect(answer.json.data).toEqual({ me: null, authPolicy: { passwordMinLength: 15 } });
  });

  test('given twice is a refused credential, though one of them is good', async () => {
    const good = `Authorization: Bearer ${caller.accessToken}`;
    for (const lines of [
      [good, 'Authorization: Bearer x'],
      ['Authorization: Bearer x', good],
      [good, good],
    ]) {
      const answer = await postRaw(latchkey.url, [JSON_HEADER, ...lines], ME_AND_POLICY);
      expect([answer.status, codeOf(answer)]).toEqual([200, 'UNAUTHENTICATED']);
    }
  });

  test('that is empty is none', async () => {
    const answer = await postRaw(latchkey.url, [JSON_HEADER, 'Authorization: '], ME_AND_POLICY);
    expect(answer.json).toEqual({ data: { me: null, authPolicy: { passwordMinLength: 15 } } });
  });

  test.each([
    ['of sixteen kilobytes', `Bearer ${'a'.repeat(16_384)}`, 431],
    ['with a control character', 'Bearer a\u0001b', 400],
    ['with an escape sequence', 'Bearer \u001b[31m', 400],
    ['with a NUL', 'Bearer a\u0000b', 400],
  ])('%s is no HTTP', async (_what, value, status) => {
    const answer = await postRaw(latchkey.url, [JSON_HEADER, `Authorization: ${value}`], ME_AND_POLICY);
    expect(answer.status).toBe(status);
  });
});

describe('a request that a page of another origin could send', () => {
  const body = () => JSON.stringify({ query: SIGNUP, variables: { input: newAccount() } });

  test.each([
    'text/plain',
    'text/plain;charset=utf-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    '',
    'application/jsonp',
    'application/json, text/plain',
    'text/plain, application/json',
    'text/plain; x=application/json',
    'application/graphql',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset=utf-7',
  ])('is refused and does nothing: content-type %p', async (contentType) => {
    const before = await countRows();
    for (const more of [{}, { 'apollo-require-preflight': '1' }] as Record<string, string>[]) {
      const answer = await post(latchkey.url, body(), { 'content-type': contentType, ...more });
      expect([answer.status, codeOf(answer)]).toEqual([415, 'BAD_REQUEST']);
    }
    expect(await countRows()).toEqual(before);
  });

  test('is refused and does nothing: two content types, or none', async () => {
    const before = await countRows();
    const json = 'Content-Type: application/json';
    for (const lines of [
      [json, 'Content-Type: text/plain'],
      ['Content-Type: text/plain', json],
      [json, json],
      [],
    ]) {
      const answer = await postRaw(latchkey.url, lines, {
        query: SIGNUP,
        variables: { input: newAccount() },
      });
      expect(answer.status).toBe(415);
    }
    expect(await countRows()).toEqual(before);
  });

  test('is refused and does nothing: a mutation by GET', async () => {
    const before = await countRows();
    const parameters = { query: SIGNUP, variables: JSON.stringify({ input: newAccount() }) };
    expect((await get(latchkey.url, parameters, { 'apollo-require-preflight': '' })).status).toBe(400);
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await get(latchkey.url, parameters, { accept });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
    const named = { query: `query Q { me { id } } mutation M { logout { count } }`, operationName: 'M' };
    expect((await get(latchkey.url, named, { authorization: `Bearer ${caller.accessToken}` })).status).toBe(
      405,
    );
    expect(await countRows()).toEqual(before);
  });

  test('that is a query by GET is refused where no preflight would have asked', async () => {
    const query = { query: '{ authPolicy { passwordMinLength } }' };
    expect((await get(latchkey.url, query, { 'apollo-require-preflight': '' })).status).toBe(400);
    expect((await get(latchkey.url, query)).json).toEqual({
      data: { authPolicy: { passwordMinLength: 15 } },
    });
  });
});

describe('a body', () => {
  test.each([
    ['a list of operations', '[{"query":"{ me { id } }"}]'],
    ['no JSON', '{"query": '],
    ['JSON and no object', '"{ me { id } }"'],
    ['null', 'null'],
    ['empty', ''],
    ['an object without a query', '{}'],
    ['a query that is no string', '{"query": {"a": 1}}'],
    ['variables that are no object', '{"query": "{ me { id } }", "variables": "x"}'],
    ['extensions that are no object', '{"query": "{ me { id } }", "extensions": 1}'],
    ['__proto__ in JSON', '{"query": "{ me { id } }", "__proto__": {"polluted": 1}}'],
    ['__proto__ in variables', '{"query": "{ me { id } }", "variables": {"__proto__": {"polluted": 1}}}'],
    [
      'constructor.prototype in variables',
      '{"query": "{ me { id } }", "variables": {"a": {"constructor": {"prototype": {"polluted": 1}}}}}',
    ],
  ])('that is %s is refused by its sender’s fault', async (_what, body) => {
    const answer = await post(latchkey.url, body);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_REQUEST']);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('of more than 100 KB is refused unread', async () => {
    const answer = await post(
      latchkey.url,
      JSON.stringify({ query: '{ me { id } }', variables: { x: 'a'.repeat(102_400) } }),
    );
    expect(answer.status).toBe(413);
  });
});

describe('the names __proto__, constructor and prototype', () => {
  test.each([
    '{ __proto__: authPolicy { constructor: passwordMinLength prototype: passwordMaxLength } }',
    'query __proto__ { ...constructor } fragment constructor on Query { authPolicy { __proto__: passwordMinLength } }',
    'query ($__proto__: ID! = "x", $constructor: _Any! = {__proto__: {polluted: 1}}) { user(id: $__proto__) { id } _entities(representations: [$constructor]) { __typename } }',
  ])('are names like others: %s', async (query) => {
    const answer = await post(latchkey.url, JSON.stringify({ query }));
    expect(answer.status).toBe(200);
    expect(codeOf(answer)).not.toBe('INTERNAL_SERVER_ERROR');
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each(['constructor', '__typename', 'prototype', 'toString', 'hasOwnProperty'])(
    'and %s are no variables that anyone has given',
    async (name) => {
      const { errors } = await caller.send(`query ($${name}: ID!) { user(id: $${name}) { id } }`, {});
      expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    },
  );
});

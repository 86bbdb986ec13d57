import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { LOGIN } from '../support/client.ts';
import { post } from '../support/http.ts';
import { PRODUCTION } from '../support/production.ts';

describe('in production', () => {
  const secret = 'q8Jd2nVx7Lr4Tz9Ws3Kb6Mh1Pf5Yc0Ga';
  const ask = (query: string, variables: object = {}, headers: Record<string, string> = {}) =>
    post(latchkey.url, JSON.stringify({ query, variables }), { 'x-router-secret': secret, ...headers });

  const latchkey = useTestApp({
    env: {
      ...PRODUCTION,
      ROUTER_SECRET: secret,
    },
  });

  test.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "User") { name } }',
    '{ ... { __schema { types { name } } } }',
    '{ ... on Query { ...F } } fragment F on Query { a: __type(name: "User") { name } }',
    '{ authPolicy { passwordMinLength } __schema { queryType { name } } }',
  ])('the schema is not told by introspection: %s', async (query) => {
    const { json } = await ask(query);
    expect(json.data).toBeUndefined();
    expect(json.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('the schema is told to the router, by _service, and typenames to clients', async () => {
    const { json } = await ask('{ __typename _service { sdl } }');
    expect(json.data.__typename).toBe('Query');
    expect(json.data._service.sdl).toMatch(/type User\s+@key/);
  });

  test.each([
    ['{ m }', {}],
    ['{ authPolic { passwordMinLength } }', {}],
    ['{ me { emai } }', {}],
    ['{ user(ide: "x") { id } }', {}],
    ['mutation { logi { __typename } }', {}],
    ['mutation { login(input: {identifer: "a", password: "b"}) { __typename } }', {}],
    [
      'mutation { login(input: {identifier: "a", password: "b", refreshTokenTransport: COOKI}) { __typename } }',
      {},
    ],
    ['{ me { ... on Usr { id } } }', {}],
    [LOGIN, { input: { identifer: 'a', password: 'b' } }],
    [LOGIN, { input: { identifier: 'a', password: 'b', refreshTokenTransport: 'COOKI' } }],
  ])('no answer suggests a name: %s %p', async (query, variables) => {
    const { text, json } = await ask(query, variables);
    expect(json.errors.length).toBeGreaterThan(0);
    expect(text).not.toContain('Did you mean');
  });

  test('no trace, stack or version is told, whoever asks', async () => {
    const { json, text, headers } = await ask(
      '{ authPolicy { passwordMinLength } me { id } }',
      {},
      {
        'apollo-federation-include-trace': 'ftv1',
        'apollo-query-plan-experimental': '1',
        authorization: 'Bearer x',
      },
    );
    expect(Object.keys(json).sort()).toEqual(['data', 'errors']);
    expect(text).not.toMatch(/stacktrace|node_modules|\.ts:/);
    for (const name of ['x-powered-by', 'server', 'apollo-trace']) expect(headers.has(name)).toBe(false);
    expect((await post(latchkey.url, '{', { 'x-router-secret': secret })).text).not.toMatch(
      /stack|FST_|node_modules/,
    );
  });
});

import { expect, test } from '@jest/globals';
import { tokenOfResult } from '../../src/playground/token-of-result.ts';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (typ: string) =>
  `${encode({ typ, alg: 'ES256' })}.${encode({ sub: 'a', iat: 1, exp: 2 })}.signature`;

test('the playground keeps access tokens of Latchkey only', () => {
  const result = (accessToken: unknown) => ({ data: { signIn: { accessToken } } });
  expect(tokenOfResult(result(token('at+jwt')))).toBe(token('at+jwt'));
  for (const other of [token('JWT'), 'shpat_0123', '', 'a.b.c', 'ey.ey.ey', 7, null])
    expect(tokenOfResult(result(other))).toBeUndefined();
  expect(tokenOfResult({ data: { logout: { count: 1 } } })).toBeNull();
  expect(tokenOfResult({ data: { logout: null }, errors: [] })).toBeUndefined();
  expect(tokenOfResult({ data: null, errors: [] })).toBeUndefined();
});

import { describe, expect, test } from '@jest/globals';
import { connectionToken } from '../../src/http/connection-token.ts';

describe('the token of a connection', () => {
  test.each<[string, unknown]>([
    ['most clients', { authorization: 'Bearer a.b.c' }],
    ['header names as people write them', { Authorization: 'Bearer a.b.c' }],
    ['a scheme in another case, and more blanks', { AUTHORIZATION: 'bEaReR   a.b.c' }],
    ['no scheme', { authorization: 'a.b.c' }],
    ['Hive Gateway', { token: 'a.b.c' }],
    ['a token with its scheme', { token: 'Bearer a.b.c' }],
    ['Apollo Router', { connectionParams: { token: 'Bearer a.b.c' } }],
    ['nested once more, as a header', { connectionParams: { Authorization: 'Bearer a.b.c' } }],
    ['headers within', { headers: { Authorization: 'Bearer a.b.c' } }],
    ['more beside it', { token: 'a.b.c', headers: { 'x-request-id': '1' }, locale: 'en' }],
  ])('is found where it is put by %s', (_who, params) => {
    expect(connectionToken(params)).toBe('a.b.c');
  });

  test.each<[unknown]>([
    [undefined],
    [null],
    ['Bearer a.b.c'],
    [7],
    [[]],
    [['Bearer a.b.c']],
    [{}],
    [{ authorization: '' }],
    [{ authorization: null, token: 7 }],
    [{ authorization: ['Bearer a.b.c'] }],
    [{ authorization: { token: 'a.b.c' } }],
    [{ headers: 'Bearer a.b.c', connectionParams: [] }],
    [{ connectionParams: { connectionParams: { token: 'a.b.c' } } }],
    [{ token: { toString: () => 'a.b.c' } }],
    [JSON.parse('{"__proto__": {"token": "a.b.c"}}')],
  ])('is null where there is none: %j', (params) => {
    expect(connectionToken(params)).toBeNull();
  });

  test('is the authorization where there is a token too, and the outer one where it is nested', () => {
    expect(connectionToken({ token: 'token', authorization: 'Bearer authorization' })).toBe('authorization');
    expect(connectionToken({ connectionParams: { authorization: 'inner' }, token: 'outer' })).toBe('outer');
  });

  test('is looked for further on where one place is empty', () => {
    expect(connectionToken({ authorization: '', token: '', headers: { authorization: 'a.b.c' } })).toBe(
      'a.b.c',
    );
  });
});

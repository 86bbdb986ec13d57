import { describe, expect, test } from '@jest/globals';
import { parsePostgresUrl } from '../../src/core/postgres-url.ts';

describe('a URL names', () => {
  test.each([
    ['one server', 'postgres://u:p@a:5432/db', ['postgres://u:p@a:5432/db'], 'any'],
    [
      'several servers',
      'postgres://u:p@a:5432,b:5433/db?sslmode=disable',
      ['postgres://u:p@a:5432/db?sslmode=disable', 'postgres://u:p@b:5433/db?sslmode=disable'],
      'read-write',
    ],
    [
      'servers of the default port, or by address',
      'postgresql://a,[::1]:5433,10.0.0.1',
      ['postgresql://a', 'postgresql://[::1]:5433', 'postgresql://10.0.0.1'],
      'read-write',
    ],
    [
      'servers by the user whose password has a comma',
      'postgres://u:p,w@a,b/db',
      ['postgres://u:p,w@a/db', 'postgres://u:p,w@b/db'],
      'read-write',
    ],
    [
      'one server by the user whose password has a comma',
      'postgres://u:p,w@a/db',
      ['postgres://u:p,w@a/db'],
      'any',
    ],
    [
      'servers by parameters',
      'postgres:///db?host=/run/a,/run/b&port=5432,5433',
      ['postgres:///db?host=%2Frun%2Fa&port=5432', 'postgres:///db?host=%2Frun%2Fb&port=5433'],
      'read-write',
    ],
    [
      'servers by parameters, all on one port',
      'postgres:///db?host=a,b&port=5433',
      ['postgres:///db?host=a&port=5433', 'postgres:///db?host=b&port=5433'],
      'read-write',
    ],
  ])('%s', (_, text, urls, target) => {
    expect(parsePostgresUrl(text)).toEqual({ urls, target });
  });

  test.each(['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'])(
    'what the server must be: %s',
    (target) => {
      expect(parsePostgresUrl(`postgres://a,b/db?target_session_attrs=${target}`)?.target).toBe(target);
      expect(parsePostgresUrl(`postgres://a/db?target_session_attrs=${target}`)?.target).toBe(target);
    },
  );
});

test.each([
  'mysql://a/db',
  'a,b',
  'postgres://a:99999/db',
  'postgres://a:5432,b:x/db',
  'postgres://a,,b/db',
  'postgres://a,:5433/db',
  'postgres:///db?host=a,b&port=1,2,3',
  'postgres:///db?host=a,',
  'postgres://a,b/db?target_session_attrs=master',
])('is refused: %s', (text) => {
  expect(parsePostgresUrl(text)).toBeUndefined();
});

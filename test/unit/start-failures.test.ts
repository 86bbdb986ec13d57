import { describe, expect, test } from '@jest/globals';
import { mayPass } from '../../src/app/start-failures.ts';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

describe('a server that starts waits for a database', () => {
  test.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EAI_AGAIN',
    'ENOENT',
    '57P01',
    '57P03',
    '53300',
    '25006',
  ])('that answers %s', (code) => {
    expect(mayPass(withCode(code))).toBe(true);
  });

  test.each(['timeout expired', 'Connection terminated unexpectedly'])('that fails by: %s', (message) => {
    expect(mayPass(new Error(message))).toBe(true);
  });
});

test.each(['28P01', '28000', '3D000', '42501', 'ENOTFOUND', 'DEPTH_ZERO_SELF_SIGNED_CERT'])(
  'a server that starts ends at once where the database answers %s',
  (code) => {
    expect(mayPass(withCode(code))).toBe(false);
  },
);

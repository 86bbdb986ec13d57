import { describe, expect, test } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { forbidden, UnavailableError } from '../../src/core/errors.ts';
import { translateFailure } from '../../src/platform/database/failures.ts';

const ofServer = (code: string) =>
  new QueryFailedError('SELECT 1', [], Object.assign(new Error('refused'), { code }));
const ofSocket = (code: string, syscall: string) =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall, errno: -113 });
const ofDriver = (message: string) => new QueryFailedError('SELECT 1', [], new Error(message));

describe('a database is unavailable', () => {
  test.each([
    ['connection exception', ['08000', '08001', '08003', '08006', '08P01']],
    ['insufficient resources', ['53000', '53100', '53200', '53300', '53400']],
    ['operator intervention', ['57000', '57014', '57P01', '57P02', '57P03', '57P04', '57P05']],
    ['system error', ['58000', '58030', '58P01', '58P02']],
    ['transaction rollback', ['40000', '40001', '40003', '40P01']],
    ['a lock, a standby, an idle transaction', ['55P03', '25006', '25P03', '25P04']],
  ])('by the SQLSTATEs of: %s', (_class, codes) => {
    for (const code of codes) expect(translateFailure(ofServer(code))).toBeInstanceOf(UnavailableError);
  });

  test.each([
    [
      'connect',
      [
        'ECONNREFUSED',
        'EHOSTUNREACH',
        'ENETUNREACH',
        'EHOSTDOWN',
        'ENETDOWN',
        'ETIMEDOUT',
        'EACCES',
        'ENOENT',
      ],
    ],
    ['read', ['ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EHOSTUNREACH']],
    ['write', ['EPIPE', 'ECONNRESET', 'ENOBUFS']],
    ['getaddrinfo', ['ENOTFOUND', 'EAI_AGAIN']],
  ])('by any error of the system call %s', (syscall, codes) => {
    for (const code of codes) {
      expect(translateFailure(ofSocket(code, syscall))).toBeInstanceOf(UnavailableError);
      // Of a host with several addresses.
      const all = Object.assign(new AggregateError([ofSocket(code, syscall)]), { code });
      expect(translateFailure(all)).toBeInstanceOf(UnavailableError);
    }
  });

  test.each([
    'Query read timeout',
    'Connection terminated',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Client was closed and is not queryable',
    'Client has encountered a connection error and is not queryable',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'There was an error establishing an SSL connection',
    'Cannot use a pool after calling end on the pool',
  ])('by the driver: %s', (message) => {
    expect(translateFailure(ofDriver(message))).toBeInstanceOf(UnavailableError);
    expect(translateFailure(new Error(message))).toBeInstanceOf(UnavailableError);
  });
});

describe('a database is not unavailable', () => {
  test.each(['22P02', '23505', '23503', '42601', '42501', '42P01', '28P01', '55000', '25001', 'XX000'])(
    'by the SQLSTATE %s',
    (code) => {
      const error = ofServer(code);
      expect(translateFailure(error)).toBe(error);
    },
  );

  test('by an error of ours, of code, or of a refusal', () => {
    for (const error of [
      forbidden(),
      new TypeError('undefined is not a function'),
      new Error('Query failed'),
      'text',
      null,
    ])
      expect(translateFailure(error)).toBe(error);
  });
});

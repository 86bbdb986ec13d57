import { OperatorError } from '../core/operator-error.ts';

/** Translates an error of listening into an `OperatorError` that names the setting; returns other errors unchanged. */
export function listenFailure(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = codeOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return told(
        error,
        `PORT ${port} is taken: stop the program that listens on it, or set another PORT`,
        code,
      );
    case 'EACCES':
      return told(error, `PORT ${port} requires privileges: set PORT to 1024 or higher`, code);
    case 'EADDRNOTAVAIL':
      return told(
        error,
        `HOST ${host} is no address of this machine: set HOST to an address of this machine`,
        code,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return told(error, `HOST ${host} does not resolve: set HOST to an address of this machine`, code);
    default:
      return error;
  }
}

/**
 * Translates a database error into an `OperatorError` that names DATABASE_URL but quotes no part of it, which may be a
 * password. Returns other errors unchanged.
 */
export function databaseFailure(error: unknown): unknown {
  if (error instanceof OperatorError) return error;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = codeOf(cause);
    const words = DATABASE_FAILURES[code];
    if (words !== undefined) return told(error, `DATABASE_URL ${words}`, code);
    for (const [pattern, wordsOf] of DATABASE_MESSAGES) {
      if (pattern.test(cause.message)) return told(error, `DATABASE_URL ${wordsOf}`);
    }
  }
  return error;
}

/** Failures that end by themselves while Postgres starts, or fails over: connections, DNS servers, shutdown, start, no free connection. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  // A Unix socket that the server has not created yet.
  'ENOENT',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '25006',
]);

/**
 * Whether it helps to try again. Not after a refused password, or where there is no such database. Not either where a host name does
 * not exist: that is a wrong name far more often than one that comes later, whereas EAI_AGAIN means that DNS does not answer yet.
 */
export function mayPass(error: unknown): boolean {
  const { message = '' } = (error ?? {}) as { message?: string };
  return PASSING_CODES.has(codeOf(error)) || /^timeout expired|^Connection terminated/.test(message);
}

const NO_ANSWER = 'names a host that does not respond: correct the host and port, or the firewall';
const UNRESOLVED = 'names a host that does not resolve: correct the host';

/** Messages by SQLSTATE or system error code. */
const DATABASE_FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'names a host and port where nothing listens: start Postgres there, or correct the host and port',
  ECONNRESET: 'names a host and port that do not respond as Postgres: correct the host and port',
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: UNRESOLVED,
  ETIMEDOUT: NO_ANSWER,
  EHOSTUNREACH: NO_ANSWER,
  ENETUNREACH: NO_ANSWER,
  // invalid_catalog_name
  '3D000': 'names a database that does not exist: create it, or correct the name at the end of the URL',
  // invalid_password
  '28P01': 'has a user or a password that Postgres refuses: correct them',
  // invalid_authorization_specification: pg_hba.conf, or no such user
  '28000': 'has a user whose connection Postgres refuses: correct the user, sslmode or pg_hba.conf',
  // insufficient_privilege
  '42501':
    'has a user without the rights to this database: make it the owner, or migrate as the owner (MIGRATE_ON_START)',
  // cannot_connect_now
  '57P03': 'names a Postgres that is starting or stopping: try again',
  // too_many_connections
  '53300': 'names a Postgres without a free connection: close some, or raise its max_connections',
  // read_only_sql_transaction
  '25006': 'names no server that accepts writes: add the primary, or correct target_session_attrs',
  // undefined_table
  '42P01': 'names a database that was not migrated: run the command migrate, or set MIGRATE_ON_START to true',
};

/** Messages for errors to which `pg` gives no code. */
const DATABASE_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/^timeout expired|connection timeout/, NO_ANSWER],
  [/client password must be a string/, 'has no password, and Postgres asks for one: add it'],
  [/does not support SSL connections/, 'requests TLS, which this Postgres does not support: correct sslmode'],
];

function told(cause: unknown, words: string, code?: string): OperatorError {
  return new OperatorError(code === undefined ? `${words}.` : `${words} (${code}).`, { cause });
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

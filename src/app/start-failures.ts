import { OperatorError } from '../core/operator-error.ts';

/** Why the server does not listen, in words that name the setting; an error without such words as it is. */
export function listenFailure(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = codeOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return told(error, `PORT ${port} is taken: stop what listens there, or set PORT to another`, code);
    case 'EACCES':
      return told(error, `PORT ${port} is not for this user: set PORT to 1024 or higher`, code);
    case 'EADDRNOTAVAIL':
      return told(error, `HOST ${host} is no address of this machine: set HOST to one that is`, code);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return told(error, `HOST ${host} does not resolve: set HOST to an address of this machine`, code);
    default:
      return error;
  }
}

/**
 * Why the database of DATABASE_URL cannot be used, in words that name the setting, and nothing of its value: the part that is
 * wrong may be a password. An error without such words as it is.
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

const NO_ANSWER = 'names a host that does not answer: correct the host and port, or the firewall between';
const UNRESOLVED = 'names a host that does not resolve: correct the host';

/** By SQLSTATE or system error. */
const DATABASE_FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'names a host and port where nothing listens: start Postgres there, or correct the host and port',
  ECONNRESET: 'names a host and port that do not answer as Postgres does: correct the host and port',
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
  '28000': 'has a user whom Postgres does not let in from here: correct the user, or sslmode, or pg_hba.conf',
  // insufficient_privilege
  '42501':
    'has a user without the rights to this database: make it the owner, or migrate as the owner (MIGRATE_ON_START)',
  // cannot_connect_now
  '57P03': 'names a Postgres that is starting or stopping: try again',
  // too_many_connections
  '53300': 'names a Postgres without a free connection: close some, or raise its max_connections',
  // undefined_table
  '42P01': 'names a database that was not migrated: run the command migrate, or set MIGRATE_ON_START to true',
};

/** `pg` gives these no code. */
const DATABASE_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/^timeout expired|connection timeout/, NO_ANSWER],
  [/client password must be a string/, 'has no password, and Postgres asks for one: add it'],
  [/does not support SSL connections/, 'asks for TLS, which this Postgres does not speak: correct sslmode'],
];

function told(cause: unknown, words: string, code?: string): OperatorError {
  return new OperatorError(code === undefined ? `${words}.` : `${words} (${code}).`, { cause });
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

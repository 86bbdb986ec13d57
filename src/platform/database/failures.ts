import { QueryFailedError } from 'typeorm';
import { PublicError, UnavailableError } from '../../core/errors.ts';

/** SQLSTATEs and socket errors of an unavailable server, independent of the request. */
const UNAVAILABLE_CODES = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57014', // query_canceled: statement_timeout
  '25006', // read_only_sql_transaction: a standby after a failover
  '25P03', // idle_in_transaction_session_timeout
  '53300', // too_many_connections
  '53100', // disk_full
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Messages of unavailability errors to which `pg` gives no code. */
const UNAVAILABLE_MESSAGES =
  /^(Query read timeout|Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Cannot use a pool after)/;

/** The server is not running, shutting down or starting. */
const GONE_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03']);

/** Transactions to retry, as Postgres documents: serialization_failure, deadlock_detected. */
const RETRYABLE_CODES = new Set(['40001', '40P01']);

export function isRetryable(error: unknown): boolean {
  return RETRYABLE_CODES.has(codeOf(error));
}

/** Whether another transaction was in the way: as `isRetryable`, or lock_not_available, after `lock_timeout`. */
export function isConflict(error: unknown): boolean {
  return isRetryable(error) || codeOf(error) === '55P03';
}

/** Whether the error is a violation of this unique constraint. */
export function violates(error: unknown, constraint: string): boolean {
  return (
    codeOf(error) === '23505' && (driverErrorOf(error) as { constraint?: string }).constraint === constraint
  );
}

/** Whether the server refused or closed the connection. */
export function isGone(error: unknown): boolean {
  const cause = error instanceof UnavailableError ? error.cause : error;
  const { code = '', message = '' } = (cause ?? {}) as { code?: string; message?: string };
  return GONE_CODES.has(code) || message.startsWith('Connection terminated');
}

/** The database is unavailable. Work in a transaction may fail by another dependency too, which is no outage of ours. */
export class DatabaseUnavailableError extends UnavailableError {}

/** Translates a driver error: values are removed, and unavailability becomes `UnavailableError`. */
export function translateFailure(error: unknown): unknown {
  if (error instanceof PublicError) return error;
  if (error instanceof QueryFailedError) withholdValues(error);
  const code = codeOf(error);
  const message = driverErrorOf(error)?.message ?? '';
  const unavailable =
    UNAVAILABLE_CODES.has(code) ||
    code.startsWith('08') ||
    UNAVAILABLE_MESSAGES.test(message) ||
    isRetryable(error);
  return unavailable ? new DatabaseUnavailableError(error) : error;
}

/** Removes parameters and the row quoted by Postgres: they contain addresses, hashes and salts, and would be logged. */
function withholdValues(error: QueryFailedError): void {
  Object.assign(error, { parameters: undefined, detail: undefined });
  Object.assign(error.driverError, { detail: undefined });
}

function driverErrorOf(error: unknown): { code?: unknown; message?: string } | undefined {
  if (error instanceof QueryFailedError) return error.driverError as { code?: unknown; message?: string };
  return error instanceof Error ? error : undefined;
}

function codeOf(error: unknown): string {
  const code = driverErrorOf(error)?.code;
  return typeof code === 'string' ? code : '';
}

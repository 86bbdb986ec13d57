import { QueryFailedError } from 'typeorm';
import { PublicError, UnavailableError } from '../../core/errors.ts';

/**
 * SQLSTATEs of a server that cannot serve, whatever the request (PostgreSQL, Appendix A). Whole classes: connection exception,
 * transaction rollback, insufficient resources, operator intervention (`statement_timeout` included), system error; and
 * lock_not_available, read_only_sql_transaction (a standby after a failover), and time-outs of a transaction.
 */
const UNAVAILABLE_STATES = /^(08|40|53|57|58)...$|^(55P03|25006|25P03|25P04)$/;

/** Messages of `pg` about a connection that is lost or not established; they have no code. */
const UNAVAILABLE_MESSAGES =
  /^(Query read timeout|Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (was closed|has encountered a connection error) and is not queryable|There was an error establishing an SSL connection|Cannot use a pool after)/;

/** Errors after which the server closes the connection, whatever the language of their severity: connections, shutdown, time-outs. */
const ENDING_STATES = /^(08...|57P0[1-5]|25P03|25P04)$/;

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

/** Whether the connection cannot be used after this error of the driver: the server has closed it, or did not answer. */
export function endsConnection(error: unknown): boolean {
  const { severity } = (driverErrorOf(error) ?? {}) as { severity?: string };
  // Errors of the server have a severity. Others than these leave the connection as it was.
  return severity === undefined || /^(FATAL|PANIC)$/.test(severity) || ENDING_STATES.test(codeOf(error));
}

/** Whether a statement was sent, and the server has not said what became of it. */
export function isUnanswered(error: unknown): boolean {
  const wasSent = !/is not queryable$/.test(driverErrorOf(error)?.message ?? '');
  return wasSent && endsConnection(error) && translateFailure(error) instanceof DatabaseUnavailableError;
}

/** Whether the server accepts no writes: read_only_sql_transaction, as of a standby. */
export function rejectsWrites(error: unknown): boolean {
  return codeOf(error) === '25006';
}

/** The database is unavailable. Work in a transaction may fail by another dependency too, which is no outage of ours. */
export class DatabaseUnavailableError extends UnavailableError {}

/** Translates a driver error: values are removed, and unavailability becomes `UnavailableError`. */
export function translateFailure(error: unknown): unknown {
  if (error instanceof PublicError) return error;
  if (error instanceof QueryFailedError) withholdValues(error);
  const message = driverErrorOf(error)?.message ?? '';
  const isUnavailable =
    UNAVAILABLE_STATES.test(codeOf(error)) || UNAVAILABLE_MESSAGES.test(message) || isOfSocket(error);
  return isUnavailable ? new DatabaseUnavailableError(error) : error;
}

/** Whether a system call failed: of the connection, since nothing else here makes one. A host with several addresses has an error of each. */
function isOfSocket(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isOfSocket);
  return (driverErrorOf(error) as NodeJS.ErrnoException | undefined)?.syscall !== undefined;
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

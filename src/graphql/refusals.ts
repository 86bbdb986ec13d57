import type { ErrorCode } from '../core/errors.ts';
import type { EventLog, Logger } from '../core/ports.ts';
import { sessionIdOf } from '../core/principal.ts';
import type { GraphQLContext } from './context.ts';

/** The refusals that one request has met, by code: recorded once each at its end, however many fields were refused. */
export class Refusals {
  readonly #counts = new Map<ErrorCode, number>();

  add(code: ErrorCode): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
  }

  count(code: ErrorCode): number {
    return this.#counts.get(code) ?? 0;
  }

  /** The count, which begins anew: a stream has one context for all its life. */
  take(code: ErrorCode): number {
    const count = this.count(code);
    this.#counts.delete(code);
    return count;
  }
}

/**
 * Puts into the audit log that a known caller asked for what they may not have. Strangers are not recorded: they are
 * refused by rule, and a row each would let anyone fill the log.
 */
export async function recordRefusals(
  { credential, refusals, origin }: GraphQLContext,
  events: EventLog,
  logger: Logger,
): Promise<void> {
  const count = refusals.take('FORBIDDEN');
  if (count === 0 || credential.kind !== 'accepted' || credential.principal.kind === 'anonymous') return;
  const { principal } = credential;
  const sessionId = sessionIdOf(principal);
  try {
    const data = { code: 'FORBIDDEN', count };
    await events.recordRefusal({
      type: 'access.denied',
      outcome: 'FAILURE',
      actorId: principal.userId,
      subjectId: null,
      sessionId,
      origin,
      data,
    });
  } catch (error) {
    logger.error({ err: error, requestId: origin.requestId }, 'a refusal could not be recorded');
  }
}

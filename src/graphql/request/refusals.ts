import { actorOf } from '../../core/actor.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import type { GraphQLContext } from './context.ts';

/** The refusals that one request has met, by code. */
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
 * Counts for the audit log that a known caller asked for what they may not have. Strangers are not counted: they are
 * refused by rule.
 */
export function countRefusals({ credential, refusals, origin }: GraphQLContext, events: EventLog): void {
  const count = refusals.take('FORBIDDEN');
  if (count === 0 || credential.kind !== 'accepted' || credential.principal.kind === 'anonymous') return;
  const { principal } = credential;
  events.countRefusal(eventBy(actorOf({ principal, origin }), 'access.denied', { code: 'FORBIDDEN' }), count);
}

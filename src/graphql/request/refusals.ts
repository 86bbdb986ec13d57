import { actorOf } from '../../core/actor.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import type { GraphQLContext } from './context.ts';

/** Refusals of one request, counted by code. */
export class Refusals {
  readonly #counts = new Map<ErrorCode, number>();

  add(code: ErrorCode): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
  }

  count(code: ErrorCode): number {
    return this.#counts.get(code) ?? 0;
  }

  /** Returns the count and resets it: a stream uses one context for all its events. */
  take(code: ErrorCode): number {
    const count = this.count(code);
    this.#counts.delete(code);
    return count;
  }
}

/**
 * Counts FORBIDDEN refusals of an authenticated caller for the audit log. Anonymous callers are not counted: refusing
 * them is routine.
 */
export function countRefusals({ credential, refusals, origin }: GraphQLContext, events: EventLog): void {
  const count = refusals.take('FORBIDDEN');
  if (count === 0 || credential.kind !== 'accepted' || credential.principal.kind === 'anonymous') return;
  const { principal } = credential;
  const token =
    principal.kind === 'personal_access_token'
      ? { personalAccessTokenId: principal.personalAccessTokenId }
      : {};
  const facts = { code: 'FORBIDDEN', ...token } as const;
  events.countRefusal(eventBy(actorOf({ principal, origin }), 'access.denied', facts), count);
}

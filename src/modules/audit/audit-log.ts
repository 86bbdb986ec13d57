import { forbidden } from '../../core/errors.ts';
import type { PageRequest } from '../../core/page.ts';
import { holds, type Principal, requireScope, userIdOf } from '../../core/principal.ts';
import type { AuditFilter, AuditStore } from './audit.store.ts';
import { type AuditEvent, asSeenBy } from './audit-event.ts';

interface Dependencies {
  readonly store: AuditStore;
  /**
   * How long events are kept. Revocations are read from them: those of the lifetime of an access token, which is far less than the
   * least retention, 30 days.
   */
  readonly retentionSeconds: number;
}

/** Lists the events of the audit log, and authorises reading them. */
export class AuditLog {
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /**
   * A page of the events that the principal may read, plus one if there are more: one's own with all of `OWN_EVENTS`, everyone's
   * with `audit:read`.
   *
   * @throws {PublicError} UNAUTHENTICATED or FORBIDDEN
   */
  async list(principal: Principal, filter: AuditFilter, page: PageRequest): Promise<AuditEvent[]> {
    const events = await this.#deps.store.list(visible(principal, filter), page);
    return events.map((event) => asSeenBy(principal, event));
  }

  /** @throws {PublicError} as `list`. */
  async count(principal: Principal, filter: AuditFilter): Promise<number> {
    return this.#deps.store.count(visible(principal, filter));
  }

  /** Deletes old events, within a transaction. */
  purge(limit: number): Promise<number> {
    return this.#deps.store.purge(this.#deps.retentionSeconds, limit);
  }
}

/** Events of an account tell of its profile, its sessions and its tokens. */
export const OWN_EVENTS = ['profile:read', 'sessions:read', 'tokens:read'] as const;

/** The filter, narrowed to what the principal may read. */
function visible(principal: Principal, filter: AuditFilter): AuditFilter {
  if (holds(principal, 'audit:read')) return filter;
  for (const scope of OWN_EVENTS) requireScope(principal, scope);
  const userId = userIdOf(principal);
  if (userId === null || (filter.subjectId ?? userId) !== userId)
    throw forbidden("These are someone else's events.");
  return { ...filter, subjectId: userId };
}

import type { EventCatalogue } from '../../core/events.ts';
import { parseId, type UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import { findByText, type UserDirectory } from '../users/index.ts';
import type { AuditStore } from './audit.store.ts';
import type { AuditEvent, AuditOutcome } from './audit-event.ts';
import { typesOf, type UnknownType } from './audit-filter.ts';

/** Events per statement. */
const BATCH_SIZE = 100;

/** Users are named by e-mail address, username or, since they may have been deleted, by id. */
interface AuditQuery {
  readonly subject: string | null;
  readonly actor: string | null;
  readonly types: readonly string[] | null;
  readonly outcome: AuditOutcome | null;
  readonly since: Date | null;
  readonly until: Date | null;
}

type AuditTrailOutcome =
  /** Newest first. */
  | { readonly kind: 'found'; readonly events: readonly AuditEvent[] }
  | { readonly kind: 'not_found'; readonly identifier: string }
  | UnknownType;

interface Dependencies {
  readonly store: AuditStore;
  readonly catalogue: EventCatalogue;
  readonly users: Pick<UserDirectory, 'findByIdentifier' | 'findMany'>;
}

/** The operator's look into the audit log. No authorisation: whoever runs the CLI has the configuration and the database. */
export class AuditTrail {
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /** The latest events that match, `count` at most. */
  async latest({ subject, actor, ...query }: AuditQuery, count: number): Promise<AuditTrailOutcome> {
    const { store, catalogue } = this.#deps;
    const types = typesOf(catalogue, query.types, query.outcome);
    if (types.kind === 'unknown_type') return types;
    const [subjectId, actorId] = [await this.#idOf(subject), await this.#idOf(actor)];
    if (subject !== null && subjectId === null) return { kind: 'not_found', identifier: subject };
    if (actor !== null && actorId === null) return { kind: 'not_found', identifier: actor };
    const filter = { subjectId, actorId, types: types.types, since: query.since, until: query.until };
    const events: AuditEvent[] = [];
    let after: PageRequest['after'] = null;
    while (events.length < count) {
      const first = Math.min(BATCH_SIZE, count - events.length);
      const batch = await store.list(filter, { first, after });
      events.push(...batch.slice(0, first));
      const last = events.at(-1);
      if (batch.length <= first || last === undefined) break;
      after = { at: last.occurredAt, id: last.id };
    }
    return { kind: 'found', events };
  }

  async #idOf(identifier: string | null): Promise<UserId | null> {
    if (identifier === null) return null;
    return parseId<UserId>(identifier) ?? (await findByText(this.#deps.users, identifier))?.id ?? null;
  }
}

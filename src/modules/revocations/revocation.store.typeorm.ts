import { type EventCatalogue, type RecordedEvent, revocationOf } from '../../core/events.ts';
import type { Revocation } from '../../core/revocation.ts';
import type { Database } from '../../platform/database/database.ts';
import type { RevocationStore } from './revocation.store.ts';

/** Revocations derived from the audit log: its events whose type revokes something. */
export class TypeOrmRevocationStore implements RevocationStore {
  readonly #database: Database;
  readonly #catalogue: EventCatalogue;
  readonly #types: readonly string[];

  constructor(database: Database, catalogue: EventCatalogue) {
    this.#database = database;
    this.#catalogue = catalogue;
    this.#types = Object.entries(catalogue).flatMap(([type, { revokes }]) => (revokes ? [type] : []));
  }

  async listWithin(seconds: number): Promise<Revocation[]> {
    const events: RecordedEvent[] = await this.#database.query(
      `SELECT id, type, data, occurred_at AS "occurredAt" FROM events
         WHERE kept AND type = ANY($1) AND occurred_at > now() - make_interval(secs => $2)`,
      [this.#types, seconds],
    );
    return events.flatMap((event) => revocationOf(this.#catalogue, event) ?? []);
  }
}

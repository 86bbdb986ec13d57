import { eventCatalogue } from '../../src/app/features/index.ts';
import type { SessionFilter } from '../../src/modules/sessions/session.store.ts';
import { TypeOrmSessionStore } from '../../src/modules/sessions/session.store.typeorm.ts';
import { DatabaseEventLog } from '../../src/platform/events/event-log.ts';
import type { Row } from './case.ts';
import { sequentialScans } from './plans.ts';

export type SessionFilters = Readonly<Record<string, Partial<SessionFilter>>>;

/** Of the first page and a later one of each filter. */
export function sessionScans(databaseUrl: string, filters: SessionFilters, pageSize: number): Promise<Row> {
  return sequentialScans("everyone's sessions", databaseUrl, async (database, named) => {
    const events = new DatabaseEventLog({
      database,
      catalogue: eventCatalogue,
      onRecorded: [],
      onCommitted: [],
      onUncertain: () => undefined,
    });
    const store = new TypeOrmSessionStore(database, events, { idleTimeoutSeconds: 604_800 });
    const anything: SessionFilter = { userId: null, status: null, ipAddress: null, activeSince: null };
    for (const [name, filter] of Object.entries(filters)) {
      named(name);
      const first = await store.listAll({ ...anything, ...filter }, { first: pageSize, after: null });
      const last = first.at(-1);
      const after = {
        at: last?.lastActiveAt ?? new Date(),
        id: last?.id ?? '00000000-0000-4000-8000-000000000000',
      };
      await store.listAll({ ...anything, ...filter }, { first: pageSize, after });
    }
  });
}

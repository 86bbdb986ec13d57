import pg from 'pg';
import { eventCatalogue } from '../../src/app/features/index.ts';
import { entities } from '../../src/app/storage.ts';
import { Secret } from '../../src/core/secret.ts';
import type { SessionFilter } from '../../src/modules/sessions/session.store.ts';
import { TypeOrmSessionStore } from '../../src/modules/sessions/session.store.typeorm.ts';
import { createDataSource } from '../../src/platform/database/data-source.ts';
import { Database } from '../../src/platform/database/database.ts';
import { Outage } from '../../src/platform/database/outage.ts';
import { DatabaseEventLog } from '../../src/platform/events/event-log.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { Row } from './case.ts';

export type SessionFilters = Readonly<Record<string, Partial<SessionFilter>>>;

/** How Postgres means to read the first page and a later one of each filter: by an index, never by looking at all rows. */
export async function sequentialScans(
  databaseUrl: string,
  filters: SessionFilters,
  pageSize: number,
): Promise<Row> {
  const statements = await statementsOf(databaseUrl, filters, pageSize);
  const used: Record<string, string[]> = {};
  let scans = 0;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const { name, sql, parameters } of statements) {
      const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
      const nodes = flatten(rows[0]['QUERY PLAN'][0].Plan);
      scans += nodes.filter((node) => node['Node Type'] === 'Seq Scan').length;
      used[name] = [...new Set([...(used[name] ?? []), ...nodes.map(shown)])];
    }
  } finally {
    await client.end();
  }
  const raw = Object.entries(used).map(([name, nodes]) => `${name}: ${nodes.join(' < ')}`);
  return {
    what: "everyone's sessions: sequential scans",
    value: scans,
    unit: 'count',
    atMost: 0,
    raw: raw.join('; '),
  };
}

/** The statements of the store itself, with their parameters. */
async function statementsOf(databaseUrl: string, filters: SessionFilters, pageSize: number) {
  const sent: { name: string; sql: string; parameters: unknown[] }[] = [];
  const logger = createLogger('error');
  const url = new Secret(databaseUrl);
  const dataSource = await createDataSource({ url, entities, logger, poolSize: 2 }).initialize();
  const outage = new Outage(url, logger);
  let name = '';
  class ObservedDatabase extends Database {
    override query<Row extends object>(sql: string, parameters: Parameters<Database['query']>[1] = []) {
      sent.push({
        name,
        sql,
        parameters: [...(typeof parameters === 'function' ? parameters() : parameters)],
      });
      return super.query<Row>(sql, parameters);
    }
  }
  try {
    const database = new ObservedDatabase(dataSource, outage, logger);
    const events = new DatabaseEventLog({
      database,
      catalogue: eventCatalogue,
      onRecorded: [],
      onCommitted: [],
    });
    const store = new TypeOrmSessionStore(database, events, { idleTimeoutSeconds: 604_800 });
    const anything: SessionFilter = { userId: null, status: null, ipAddress: null, activeSince: null };
    for (const [filterName, filter] of Object.entries(filters)) {
      name = filterName;
      const first = await store.listAll({ ...anything, ...filter }, { first: pageSize, after: null });
      const last = first.at(-1);
      const after = {
        at: last?.lastActiveAt ?? new Date(),
        id: last?.id ?? '00000000-0000-4000-8000-000000000000',
      };
      await store.listAll({ ...anything, ...filter }, { first: pageSize, after });
    }
  } finally {
    outage.stop();
    await dataSource.destroy();
  }
  return sent;
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

function flatten(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flatten)];
}

function shown({ 'Node Type': type, 'Index Name': index }: Plan): string {
  return index === undefined ? type : `${type} ${index}`;
}

import { entities } from '../../src/app/storage.ts';
import { Secret } from '../../src/core/secret.ts';
import { createDataSource } from '../../src/platform/database/data-source.ts';
import { Database } from '../../src/platform/database/database.ts';
import { Outage } from '../../src/platform/database/outage.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { Row } from './case.ts';
import { withClient } from './database.ts';

/** Reads by a store. Statements are reported under the name that was given last. */
type Reads = (database: Database, named: (name: string) => void) => Promise<void>;

/** How Postgres means to run the statements of a store: by an index, never by looking at all rows. */
export async function sequentialScans(what: string, databaseUrl: string, reads: Reads): Promise<Row> {
  const statements = await statementsOf(databaseUrl, reads);
  const used: Record<string, string[]> = {};
  let scans = 0;
  await withClient(databaseUrl, async (client) => {
    for (const { name, sql, parameters } of statements) {
      const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
      const nodes = flatten(rows[0]['QUERY PLAN'][0].Plan);
      scans += nodes.filter((node) => node['Node Type'] === 'Seq Scan').length;
      used[name] = [...new Set([...(used[name] ?? []), ...nodes.map(shown)])];
    }
  });
  const raw = Object.entries(used).map(([name, nodes]) => `${name}: ${nodes.join(' < ')}`);
  return { what: `${what}: sequential scans`, value: scans, unit: 'count', atMost: 0, raw: raw.join('; ') };
}

/** The statements that a store itself sends, with their parameters. */
async function statementsOf(databaseUrl: string, reads: Reads) {
  const sent: { name: string; sql: string; parameters: unknown[] }[] = [];
  const logger = createLogger('error');
  const url = new Secret(databaseUrl);
  const dataSource = await createDataSource({
    url,
    entities,
    logger,
    poolSize: 2,
    timeoutMs: 2_000,
  }).initialize();
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
    await reads(new ObservedDatabase(dataSource, outage, logger), (given) => {
      name = given;
    });
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

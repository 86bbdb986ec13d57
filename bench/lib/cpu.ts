import { readdirSync, readFileSync } from 'node:fs';
import { withClient } from './database.ts';

/** CPU time per request, in milliseconds. */
export interface Cost {
  readonly nodeMs: number;
  readonly postgresMs: number;
}

/**
 * The CPU time that a server's process (all its threads) and its database's backends spend per request while `work` runs,
 * which returns the number of requests. Linux only: from the scheduler's counters of each thread, in nanoseconds.
 */
export async function costOf(
  { pid, databaseUrl }: { readonly pid: number; readonly databaseUrl: string },
  work: () => Promise<number>,
): Promise<Cost> {
  const backends = await backendsOf(databaseUrl);
  const before = [cpuMsOf([pid]), cpuMsOf(backends)] as const;
  const requests = await work();
  // Also those that were opened meanwhile; one that ended takes its time along.
  const after = [cpuMsOf([pid]), cpuMsOf(await backendsOf(databaseUrl))] as const;
  return { nodeMs: (after[0] - before[0]) / requests, postgresMs: (after[1] - before[1]) / requests };
}

export const shownCost = ({ nodeMs, postgresMs }: Cost) =>
  `CPU per request: Node ${nodeMs.toFixed(3)} ms, Postgres ${postgresMs.toFixed(3)} ms`;

/** The process ids of the other sessions of a database. */
async function backendsOf(databaseUrl: string): Promise<number[]> {
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND backend_type = 'client backend'`,
    ),
  );
  return rows.map(({ pid }) => pid);
}

function cpuMsOf(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids)
    for (const thread of readdirSync(`/proc/${pid}/task`))
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return nanoseconds / 1e6;
}

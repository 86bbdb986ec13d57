import { join } from 'node:path';
import { Client } from 'pg';
import type { EmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { readPidFile } from '../../src/platform/embedded-postgres/pid-file.ts';

export function postmasterOf({ folder }: EmbeddedPostgres): number {
  return readPidFile(join(folder, 'pgdata'))?.pid ?? Number.NaN;
}

/** Stops every process of the server where it stands; what is returned lets them go on. */
export async function freeze(postgres: EmbeddedPostgres): Promise<() => void> {
  const client = new Client({ connectionString: postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  const postmaster = postmasterOf(postgres);
  const stopped = [postmaster];
  process.kill(postmaster, 'SIGSTOP');
  // Nobody is born any more. The connection that tells who else there is goes last.
  const { rows } = await client.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity ORDER BY pid = pg_backend_pid()',
  );
  for (const { pid } of rows) {
    process.kill(pid, 'SIGSTOP');
    stopped.push(pid);
  }
  return () => {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    void client.end().catch(() => undefined);
  };
}

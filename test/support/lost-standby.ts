import { Client } from 'pg';
import { eventually } from './eventually.ts';
import { runSql } from './sql.ts';

/** Settings of a server that can wait for a synchronous standby. */
export const REPLICATES = { wal_level: 'replica', max_wal_senders: '2' };

/** From now on the server waits, with every commit, for a standby that is not there. Reads are answered as before. */
export async function loseStandby(url: string): Promise<void> {
  await runSql(url, "ALTER SYSTEM SET synchronous_standby_names = 'gone'");
  await runSql(url, 'SELECT pg_reload_conf()');
  const writer = new Client({ connectionString: url, application_name: 'a writer of the test' });
  await writer.connect();
  await writer.query('SET synchronous_commit = on');
  let write = Promise.resolve();
  let isOver = true;
  await eventually(async () => {
    if (isOver) {
      isOver = false;
      write = writer.query("SELECT pg_logical_emit_message(true, 'test', '')").then(() => {
        isOver = true;
      });
    }
    return (await commitsThatWait(url, 'a writer of the test')).length > 0;
  });
  await runSql(
    url,
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'a writer of the test'",
  );
  await write;
  await writer.end();
}

/** The server no longer waits for it. */
export async function forgetStandby(url: string): Promise<void> {
  await runSql(url, 'ALTER SYSTEM RESET synchronous_standby_names');
  await runSql(url, 'SELECT pg_reload_conf()');
}

/** The sessions of an application that wait for the standby. */
export async function commitsThatWait(url: string, application: string): Promise<number[]> {
  const sql = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = $1`;
  return (await runSql(url, sql, [application])).map(({ pid }) => pid as number);
}

import { spawnSync } from 'node:child_process';
import { readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, urlOf } from './cluster.ts';
import { askOwner } from './owner.ts';
import { readPidFile, removeStalePidFile } from './pid-file.ts';

const POLL_MS = 50;
/** Timeout in milliseconds, long enough for crash recovery and for the last checkpoint of a shutdown. */
const PATIENCE_MS = 60_000;

/**
 * Waits for a running server of this cluster to accept logins; null if none runs. A server whose owner was killed is
 * shut down and awaited, not adopted.
 *
 * @throws {Error} if a server neither responds nor exits.
 */
export async function findRunningServer(cluster: Cluster): Promise<{ port: number } | null> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const found = readPidFile(cluster.pgdata);
    // PostgreSQL itself removes the file of an ended process, with its own safety checks.
    if (found === null || !isAlive(found.pid)) return null;
    if (!serves(found.pid, cluster.pgdata)) {
      removeStalePidFile(cluster.pgdata, found);
      return null;
    }
    const answer = found.isReady ? await askOwner(urlOf(cluster, found.port)) : null;
    if (answer !== null) {
      if (answer.ownerPid === null || isAlive(answer.ownerPid)) return { port: found.port };
      shutDown(found.pid);
    }
    await sleep(POLL_MS);
  }
  throw new Error(
    `A PostgreSQL server runs on ${cluster.folder} but neither responds nor exits; see its postgres.log.`,
  );
}

/** For a server whose guard was killed too; otherwise the guard has already shut it down. */
function shutDown(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether a process has this id, of whatever account. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether a live process is a server of this cluster. After a restart of the machine or container, the process id in
 * the file often belongs to another program; a server's working directory is always its cluster.
 */
function serves(pid: number, pgdata: string): boolean {
  switch (process.platform) {
    case 'win32':
      return true;
    case 'linux':
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(pgdata);
      } catch {
        return false;
      }
    default:
      return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout.includes(
        pgdata,
      );
  }
}

import { spawnSync } from 'node:child_process';
import { readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, urlOf } from './cluster.ts';
import { askOwner } from './owner.ts';
import { readPidFile, removeStalePidFile } from './pid-file.ts';

const POLL_MS = 50;
/** Recovery after a crash may take a while, and so may the last checkpoint of a server that is leaving. */
const PATIENCE_MS = 60_000;

/**
 * The server on this cluster that we may share, once it accepts logins; null when none runs, or no longer.
 * One whose owner was killed is on its way out: it is waited for, not adopted.
 *
 * @throws {Error} when a server neither answers nor leaves.
 */
export async function findRunningServer(cluster: Cluster): Promise<{ port: number } | null> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const found = readPidFile(cluster.pgdata);
    // Of a process that is gone PostgreSQL itself clears the file away, with checks of its own that we keep
    // that way.
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
    `A PostgreSQL runs on ${cluster.folder}, but neither answers nor leaves; see its postgres.log.`,
  );
}

/** Normally its guard has told it already; a guard that was killed as well could not. */
function shutDown(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether a live process is a server of this cluster. After a restart of the machine or container, the
 * process id in the file is often that of something else; a server's working directory is always its cluster.
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

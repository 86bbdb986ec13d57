import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Content of `postmaster.pid`, of a running or killed server. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  /** Whether the server accepts connections. */
  readonly isReady: boolean;
  readonly text: string;
}

export function readPidFile(pgdata: string): PidFile | null {
  try {
    const text = readFileSync(pathOf(pgdata), 'utf8');
    const lines = text.split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready', text };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Removes the file of an ended server. The file prevents two servers on one cluster, so it is restored if it turns out
 * to belong to a server that has just started.
 */
export function removeStalePidFile(pgdata: string, stale: PidFile): void {
  const file = pathOf(pgdata);
  const aside = `${file}.stale-${randomBytes(6).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== stale.text) linkSync(aside, file);
  unlinkSync(aside);
}

function pathOf(pgdata: string): string {
  return join(pgdata, 'postmaster.pid');
}

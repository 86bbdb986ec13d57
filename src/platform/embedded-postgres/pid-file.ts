import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What a running server, or one that was killed, says of itself in `postmaster.pid`. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  /** It accepts connections. */
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
 * Takes the file of a server that is gone out of the way. It is what keeps two servers off one cluster, so
 * should it turn out to be the file of one that has just started, it goes back.
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

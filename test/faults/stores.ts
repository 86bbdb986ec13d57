import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../bench/lib/redis.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { readPidFile } from '../../src/platform/embedded-postgres/pid-file.ts';

/** A Postgres server that faults kill and freeze. */
export class Postgres {
  readonly port: number;
  readonly #dataDir: string;
  #server: EmbeddedPostgres | null = null;

  private constructor(dataDir: string, port: number) {
    this.#dataDir = dataDir;
    this.port = port;
  }

  static async start(dataDir: string): Promise<Postgres> {
    const postgres = new Postgres(dataDir, await freePort());
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return this.#running.url;
  }

  async start(): Promise<void> {
    this.#server = await startEmbeddedPostgres({
      dataDir: this.#dataDir,
      settings: { port: String(this.port), max_connections: '100' },
    });
  }

  /** Its backends end by themselves. */
  kill(): void {
    process.kill(this.#pid, 'SIGKILL');
  }

  freeze(): void {
    for (const pid of this.#pids()) process.kill(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#pids()) process.kill(pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    const { folder } = this.#running;
    await this.#running.stop();
    for (const path of [folder, this.#dataDir]) rmSync(path, { recursive: true, force: true });
  }

  get #running(): EmbeddedPostgres {
    if (this.#server === null) throw new Error('Postgres does not run');
    return this.#server;
  }

  get #pid(): number {
    const file = readPidFile(join(this.#running.folder, 'pgdata'));
    if (file === null) throw new Error('Postgres does not run');
    return file.pid;
  }

  /** The server, then its backends. */
  #pids(): number[] {
    const list = execFileSync('ps', ['-o', 'pid=', '--ppid', String(this.#pid)], { encoding: 'utf8' });
    return [this.#pid, ...list.trim().split(/\s+/).map(Number)];
  }
}

/** A Redis server that faults kill and freeze. */
export class Redis {
  readonly port: number;
  #server: ChildProcess | null = null;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<Redis> {
    const redis = new Redis(await freePort());
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#server = server;
    for await (const chunk of server.stdout) if (/Ready to accept connections/i.test(String(chunk))) break;
    server.stdout.resume();
  }

  freeze(): void {
    this.#server?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#server?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  }
}

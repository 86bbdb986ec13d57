import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { readPidFile } from '../../src/platform/embedded-postgres/pid-file.ts';
import { freePort } from '../support/free-port.ts';

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

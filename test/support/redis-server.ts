import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './free-port.ts';

/** The program of the server; undefined where none is installed. */
export const BINARY = ['redis-server', 'valkey-server'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

/** A Redis server that may be killed, frozen and brought back, on a port of its own. */
export class RedisServer {
  #port: number | null = null;
  #server: ChildProcess | null = null;

  static async start(): Promise<RedisServer> {
    const redis = new RedisServer();
    await redis.start();
    return redis;
  }

  /** A server that is not there yet. */
  static async absent(): Promise<RedisServer> {
    const redis = new RedisServer();
    redis.#port = await freePort();
    return redis;
  }

  get url(): string {
    if (this.#port === null) throw new Error('Redis was not started yet.');
    return `redis://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#port ??= await freePort();
    const settings = { port: String(this.#port), bind: '127.0.0.1', save: '', appendonly: 'no' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const server = spawn(BINARY ?? 'redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#server = server;
    for await (const chunk of server.stdout) if (/Ready to accept connections/i.test(String(chunk))) break;
  }

  freeze(): void {
    this.#server?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#server?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { beforeAll, describe } from '@jest/globals';
import { afterFile } from './after-file.ts';

const BINARY = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);

if (BINARY === undefined && process.env['REQUIRE_REDIS'] === '1') {
  throw new Error('REQUIRE_REDIS is set, and there is no redis-server on the PATH.');
}

/** Tests that need a Redis of their own: skipped, and reported as such, where no server is installed. */
export const describeWithRedis = BINARY === undefined ? describe.skip : describe;

/** A Redis for the tests of this `describe`: it runs before their hooks do. */
export function useTestRedis(): TestRedis {
  const redis = new TestRedis();
  beforeAll(() => redis.start());
  // Apps that use it stop before.
  afterFile(() => redis.kill());
  return redis;
}

/** A Redis server that a test may kill, freeze and bring back, on a port of its own. */
export class TestRedis {
  #port: number | null = null;
  #server: ChildProcess | null = null;

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis();
    await redis.start();
    return redis;
  }

  /** A server that is not there yet. */
  static async absent(): Promise<TestRedis> {
    const redis = new TestRedis();
    redis.#port = await freePort();
    return redis;
  }

  get url(): string {
    if (this.#port === null) throw new Error('Redis runs in tests and in later hooks only.');
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

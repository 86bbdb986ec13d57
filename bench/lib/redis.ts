import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface BenchRedis {
  readonly url: string;
  /** Stops it until `SIGCONT`, without closing its connections. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** A Redis of the benchmark's own: `redis-server` must be installed. */
export async function startRedis(): Promise<BenchRedis> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of server.stdout) if (/Ready to accept connections/i.test(String(chunk))) break;
  return {
    url: `redis://127.0.0.1:${port}`,
    signal: (signal) => void server.kill(signal),
    stop: async (signal = 'SIGTERM') => {
      server.kill(signal);
      await once(server, 'exit');
    },
  };
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

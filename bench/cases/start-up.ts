import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Case } from '../lib/case.ts';
import { median } from '../lib/load.ts';

const TIMES = 5;

/** The compiled server, from the start of its process until it serves, and what it holds when idle. `npm run build` first. */
export const startUp: Case = async ({ createDatabase }) => {
  const env = { ...process.env, DATABASE_URL: await createDatabase(), PORT: '0' };
  const ready: number[] = [];
  const memory: number[] = [];
  for (let i = 0; i < TIMES; i += 1) {
    const startedAt = performance.now();
    const server = spawn(process.execPath, ['dist/main.js'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const chunk of server.stdout) if (String(chunk).includes('Latchkey is serving')) break;
    ready.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    memory.push(residentMb(server.pid ?? 0));
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  const raw = `${TIMES} starts on a migrated database, the compiled build`;
  return [
    { what: 'start-up until it serves, p50', value: median(ready) / 1000, unit: 's', raw },
    { what: 'idle memory (RSS), p50', value: median(memory), unit: 'MB', raw },
  ];
};

function residentMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

import { readFileSync } from 'node:fs';
import { BuiltServer } from '../lib/built-server.ts';
import type { Case } from '../lib/case.ts';
import { signup } from '../lib/client.ts';
import { load, median } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const TIMES = 5;

/** The compiled server, from the start of its process until it serves, and what it holds when idle. */
export const startUp: Case = async ({ createDatabase }) => {
  const env = production(await createDatabase());
  const ready: number[] = [];
  const memory: number[] = [];
  let growth = Number.NaN;
  for (let i = 0; i < TIMES; i += 1) {
    const startedAt = performance.now();
    const server = await BuiltServer.start(env);
    ready.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    memory.push(residentMb(server.pid));
    if (i === TIMES - 1) growth = await memoryUnderLoad(server.url, server.pid);
    await server.stop();
  }
  const raw = `${TIMES} starts on a migrated database, the compiled build`;
  return [
    { what: 'start-up until it serves, p50', value: median(ready) / 1000, unit: 's', atMost: 0.9, raw },
    { what: 'idle memory (RSS), p50', value: median(memory), unit: 'MB', atMost: 110, raw },
    {
      what: 'memory (RSS) that 100,000 requests add after as many',
      value: growth,
      unit: 'MB',
      atMost: 5,
      raw: '`me` by JWT, 16 connections',
    },
  ];
};

/** Between garbage collections memory varies by 70 MB: compares the least of five times with that of the next five. */
async function memoryUnderLoad(url: string, pid: number): Promise<number> {
  const { accessToken } = await signup(url, 'load@example.com');
  const me = { url, query: '{ me { id email } }', headers: { authorization: `Bearer ${accessToken}` } };
  const samples: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    await load({ ...me, amount: 20_000 });
    samples.push(residentMb(pid));
  }
  return Math.min(...samples.slice(5)) - Math.min(...samples.slice(0, 5));
}

function residentMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

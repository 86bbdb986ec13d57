/**
 * Latchkey in a process of its own. `reset` begins to watch the event loop, the CPU and the statements anew; `report` tells
 * what was seen since, `cpu` the CPU alone, `heap` how much memory is in use after a garbage collection.
 */
import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/platform/logger.ts';

export interface Report {
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly rssMb: number;
  /** Of all threads since the last `reset`. */
  readonly cpuMs: number;
  /** How often each statement was sent. */
  readonly statements: Readonly<Record<string, number>>;
}

const startedAt = performance.now();
const app = createApp(loadConfig(), { logger: createLogger('error') });
const loop = monitorEventLoopDelay({ resolution: 1 });
let statements: Record<string, number> = {};
let cpu = process.cpuUsage();
subscribe('latchkey:sql', (statement) => {
  const text = String(statement).trim();
  statements[text] = (statements[text] ?? 0) + 1;
});

const { url } = await app.start();
const startUpMs = performance.now() - startedAt;
loop.enable();
process.on('message', (message) => {
  if (message === 'reset') {
    loop.reset();
    statements = {};
    cpu = process.cpuUsage();
    process.send?.({});
  }
  if (message === 'report') {
    const report: Report = {
      loopP99Ms: loop.percentile(99) / 1e6,
      loopMaxMs: loop.max / 1e6,
      rssMb: process.memoryUsage.rss() / 2 ** 20,
      cpuMs: cpuMs(),
      statements,
    };
    process.send?.(report);
  }
  if (message === 'cpu') process.send?.({ cpuMs: cpuMs() });
  if (message === 'heap') process.send?.({ heapMb: heapMb() });
  if (message === 'stop') void app.stop().then(() => process.exit(0));
});
process.send?.({ url, startUpMs });

function cpuMs(): number {
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1_000;
}

function heapMb(): number {
  // Since `fork` starts this process without the flag, and for the other cases it makes no difference.
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

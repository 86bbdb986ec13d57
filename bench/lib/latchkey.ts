/**
 * Latchkey in a process of its own. `reset` begins to watch the event loop and to count statements anew; `report` tells
 * what was seen since.
 */
import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config.ts';
import { createLogger } from '../../src/platform/logger.ts';

export interface Report {
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly rssMb: number;
  /** How often each statement was sent. */
  readonly statements: Readonly<Record<string, number>>;
}

const startedAt = performance.now();
const app = createApp(loadConfig(), { logger: createLogger('error') });
const loop = monitorEventLoopDelay({ resolution: 1 });
let statements: Record<string, number> = {};
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
    process.send?.({});
  }
  if (message === 'report') {
    const report: Report = {
      loopP99Ms: loop.percentile(99) / 1e6,
      loopMaxMs: loop.max / 1e6,
      rssMb: process.memoryUsage.rss() / 2 ** 20,
      statements,
    };
    process.send?.(report);
  }
  if (message === 'stop') void app.stop().then(() => process.exit(0));
});
process.send?.({ url, startUpMs });

/**
 * Latchkey in a process of its own, for a benchmark to load from outside. Speaks to its parent by messages: says
 * `{ url }` once it serves; on `reset` starts to watch the event loop anew; on `report` answers `{ loopP99Ms, loopMaxMs, rssMb }`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createApp } from '../src/app/app.ts';
import { loadConfig } from '../src/config.ts';
import { createLogger } from '../src/platform/logger.ts';

const app = createApp(loadConfig(), { logger: createLogger('error') });
const loop = monitorEventLoopDelay({ resolution: 1 });
const { url } = await app.start();
loop.enable();
process.on('message', (message) => {
  if (message === 'reset') loop.reset();
  if (message === 'report') {
    const inMs = (nanoseconds: number) => nanoseconds / 1e6;
    process.send?.({
      loopP99Ms: inMs(loop.percentile(99)),
      loopMaxMs: inMs(loop.max),
      rssMb: process.memoryUsage().rss / 2 ** 20,
    });
  }
  if (message === 'stop') void app.stop().then(() => process.exit(0));
});
process.send?.({ url });

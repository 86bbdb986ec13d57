import { existsSync } from 'node:fs';
import { createApp } from './app/app.ts';
import { loadConfig } from './config/config.ts';
import { OperatorError } from './core/operator-error.ts';
import { createLogger } from './platform/logger.ts';

/** In milliseconds. */
const SAME_KEYPRESS_MS = 1_000;

if (existsSync('.env')) process.loadEnvFile('.env');

try {
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  const fail = (error: unknown, message: string) => {
    logger.error({ err: error }, message);
    void app.stop().finally(() => process.exit(1));
  };
  const app = createApp(config, { logger, onFatal: (error) => fail(error, 'cannot go on: stopping') });

  // The first signal drains, the second means it.
  let firstAt: number | null = null;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      // Ctrl-C under npm arrives twice: from the terminal, and passed on by npm.
      if (signal === 'SIGINT' && firstAt !== null && now - firstAt < SAME_KEYPRESS_MS) return;
      if (firstAt !== null) process.exit(1);
      firstAt = now;
      logger.info({ signal }, 'stopping');
      void app.stop().then(() => process.exit(0));
    });
  }
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => fail(error, 'a failure that nothing handles: stopping'));
  }

  const { url } = await app.start();
  const { generatedSecrets, dataDir } = config;
  if (generatedSecrets.length > 0)
    logger.warn({ dataDir }, `using generated secrets: ${generatedSecrets.join(', ')}`);
  logger.info({ url: `${url}/graphql` }, 'Latchkey is serving');
} catch (error) {
  // What an operator can mend is said in words, all else with its stack.
  console.error(error instanceof OperatorError ? error.message : error);
  process.exit(1);
}

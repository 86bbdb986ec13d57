import { existsSync } from 'node:fs';
import { createApp } from './app/app.ts';
import { type Config, loadConfig } from './config/config.ts';
import { OperatorError } from './core/operator-error.ts';
import { createLogger } from './platform/logger.ts';

/** SIGINTs within this time count as one, in milliseconds. */
const SAME_KEYPRESS_MS = 1_000;

if (existsSync('.env')) process.loadEnvFile('.env');
const config = readConfig();
const logger = createLogger(config.logLevel);
const app = createApp(config, { logger, onFatal: (error) => fail(error, 'fatal error: stopping') });

// The first signal shuts down gracefully, the second at once.
let firstAt: number | null = null;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    const now = performance.now();
    // Under npm, Ctrl-C arrives twice: from the terminal and from npm.
    if (signal === 'SIGINT' && firstAt !== null && now - firstAt < SAME_KEYPRESS_MS) return;
    if (firstAt !== null) process.exit(1);
    firstAt = now;
    logger.info({ signal }, 'stopping');
    void app.stop().then(() => process.exit(0));
  });
}
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error: unknown) => fail(error, 'unhandled error: stopping'));
}

warnOf(config);
try {
  const { url, engines, mail } = await app.start();
  logger.info(
    {
      url: `${asLocalhost(url)}/graphql`,
      ...pages(config, asLocalhost(url)),
      passwordHash: config.passwords.algorithm,
      ...engines,
      mail,
    },
    `Latchkey is serving${firstSteps(config)}${mailNote(config)}`,
  );
} catch (error) {
  if (error instanceof OperatorError) logger.fatal({}, error.message);
  else logger.fatal({ err: error }, 'cannot start');
  process.exit(1);
}

function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    console.error(error instanceof OperatorError ? error.message : error);
    process.exit(1);
  }
}

function fail(error: unknown, message: string): void {
  logger.error({ err: error }, message);
  void app.stop().finally(() => process.exit(1));
}

function warnOf({ warnings, generatedSecrets, dataDir }: Config): void {
  for (const sentence of warnings) logger.warn({}, sentence);
  if (generatedSecrets.length > 0)
    logger.warn({ dataDir }, `using generated secrets: ${generatedSecrets.join(', ')}`);
}

/** Replaces a loopback address by `localhost`: a page on localhost would lose the cookies of 127.0.0.1. */
function asLocalhost(url: string): string {
  return url.replace(/\/\/(127\.0\.0\.1|\[::1\]):/, '//localhost:');
}

/** Where the pages are that are served. */
function pages({ http }: Config, url: string) {
  const { playground, console } = http.pages;
  return {
    ...(playground && { playground: `${url}/playground` }),
    ...(console && { console: `${url}/console` }),
  };
}

function firstSteps({ environment, http }: Config): string {
  if (environment !== 'development' || http.routerSecrets !== null) return '';
  const open = http.pages.playground
    ? 'Open this URL in a browser, or send operations to it'
    : 'Send operations to this URL';
  return `. ${open}: README.md has a tour. An administrator: npm run cli -- create-admin --email <address>`;
}

function mailNote({ mail }: Config): string {
  return mail.smtpUrl === null
    ? '. There is no SMTP_URL: messages are written into a folder (npm run cli -- mail)'
    : '';
}

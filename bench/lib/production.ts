import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultRateLimits } from '../../src/core/rate-limits.ts';
import { PRODUCTION } from '../../test/support/production.ts';
import { newSecrets } from '../../test/support/secrets.ts';

/** Limits that are counted, and that no load reaches. */
export const UNREACHED = JSON.stringify(
  Object.fromEntries(Object.keys(defaultRateLimits).map((name) => [name, '9999999/1s'])),
);

/** The environment of a server in production, with secrets of its own. */
export const production = (databaseUrl: string) => ({
  ...PRODUCTION,
  ALLOW_DIRECT_ACCESS: 'true',
  DATABASE_URL: databaseUrl,
  PORT: '0',
  DATA_DIR: join(tmpdir(), 'latchkey-bench'),
  LOG_LEVEL: 'error',
  RATE_LIMITS: UNREACHED,
  ...newSecrets(),
});

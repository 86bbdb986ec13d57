import { PRODUCTION } from '../../test/support/production.ts';
import { newSecrets } from '../../test/support/secrets.ts';

/** The environment of a server in production, with secrets of its own. */
export const production = (databaseUrl: string) => ({
  ...PRODUCTION,
  ALLOW_DIRECT_ACCESS: 'true',
  DATABASE_URL: databaseUrl,
  PORT: '0',
  LOG_LEVEL: 'error',
  ...newSecrets(),
});

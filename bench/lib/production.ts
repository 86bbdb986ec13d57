import { newSecrets } from '../../test/support/secrets.ts';

/** The environment of a server in production, with secrets of its own. */
export const production = (databaseUrl: string) => ({
  NODE_ENV: 'production',
  DATABASE_URL: databaseUrl,
  PORT: '0',
  LOG_LEVEL: 'error',
  PUBLIC_URL: 'http://localhost:4001',
  ALLOW_DIRECT_ACCESS: 'true',
  JWT_ISSUER: 'http://localhost:4001',
  JWT_AUDIENCE: 'bench',
  ...newSecrets(),
});

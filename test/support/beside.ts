import { withParts } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import { silentLogger } from './logger.ts';
import { type Services, servicesOf } from './services.ts';

/**
 * The use cases as a command has them, beside the instances that serve from the same database: whatever it records is left
 * to their relay. `env` holds the secrets that they share.
 */
export function withServicesBeside<T>(
  databaseUrl: string,
  env: Readonly<Record<string, string | undefined>>,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const config = loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    // On a busy machine.
    DATABASE_TIMEOUT_SECONDS: '30',
    MIGRATE_ON_START: 'false',
    BCRYPT_COST: '4',
    HASH_WORKERS: '1',
    ...env,
  });
  return withParts(config, silentLogger, (parts) => work(servicesOf(parts)));
}

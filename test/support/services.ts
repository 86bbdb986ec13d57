import { randomBytes } from 'node:crypto';
import { withStorage } from '../../src/app/app.ts';
import { noBus } from '../../src/app/bus.ts';
import { createServices, type Services } from '../../src/app/services.ts';
import { loadConfig } from '../../src/config/config.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';
import type { BcryptPool } from '../../src/modules/users/index.ts';
import { createTestDatabase } from './database.ts';
import { silentLogger as logger } from './logger.ts';

interface TestServices {
  readonly services: Services;
  readonly databaseUrl: string;
}

/**
 * The use cases on a real database of their own, without a server in front, for as long as `work` takes. Every password
 * is right, and costs nothing, unless `pool` differs.
 */
export async function withTestServices<T>(
  env: Readonly<Record<string, string>>,
  work: (parts: TestServices) => Promise<T>,
  pool: BcryptPool = freePool,
): Promise<T> {
  const { url: databaseUrl, drop } = await createTestDatabase();
  const config = loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    MIGRATE_ON_START: 'false',
    JWT_PRIVATE_KEY: generateSigningKeyPem(),
    REFRESH_SECRET: randomBytes(32).toString('hex'),
    PASSWORD_PEPPER: randomBytes(32).toString('hex'),
    ...env,
  });
  try {
    return await withStorage(config, logger, (database) =>
      work({ services: createServices({ config, database, bus: noBus, pool, clock, logger }), databaseUrl }),
    );
  } finally {
    await drop();
  }
}

export const freePool: BcryptPool = {
  hash: async (_input, cost) => `$2b$${String(cost).padStart(2, '0')}$${'x'.repeat(53)}`,
  compare: async () => true,
};

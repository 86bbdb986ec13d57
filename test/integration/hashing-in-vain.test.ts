import { expect, test } from '@jest/globals';
import type { HashPool } from '../../src/modules/passwords/index.ts';
import { from } from '../support/callers.ts';
import { newAccount } from '../support/client.ts';
import { runAsAdmin } from '../support/database.ts';
import { freePool, type Services, withTestServices } from '../support/services.ts';

const UNCONFIRMED = { EMAIL_VERIFICATION: 'required' };

test.each<[string, Record<string, string>, (services: Services) => Promise<unknown>]>([
  ['a sign-up', {}, ({ signups }) => signups.signup(from('192.0.2.1'), newAccount(), 'BODY')],
  [
    'a sign-up whose address is to be confirmed',
    UNCONFIRMED,
    ({ signups }) => signups.signup(from('192.0.2.1'), newAccount(), 'BODY'),
  ],
  [
    'a new account of an administrator',
    {},
    ({ passwordAdministration }) => passwordAdministration.createAdministrator(newAccount()),
  ],
])('no password is hashed while the database is away: of %s', async (_, env, create) => {
  let hashes = 0;
  const pool: HashPool = {
    ...freePool,
    hash: (...args) => {
      hashes += 1;
      return freePool.hash(...args);
    },
  };
  const work = async ({ services, databaseUrl }: { services: Services; databaseUrl: string }) => {
    await create(services);
    expect(hashes).toBe(1);
    const name = new URL(databaseUrl).pathname.slice(1);
    await runAsAdmin((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    await expect(create(services)).rejects.toThrow();
    expect(hashes).toBe(1);
  };
  await withTestServices(env, work, pool);
});

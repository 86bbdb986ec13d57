import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { preHash } from '../../src/modules/passwords/password-hash.ts';
import { useTestApp } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD } from '../support/client.ts';
import { argon2IsInstalled } from '../support/native-hashing.ts';
import { runSql } from '../support/sql.ts';

(argon2IsInstalled ? describe : describe.skip)('a login', () => {
  const pepper = 'a pepper of at least thirty-two bytes';
  const latchkey = useTestApp({ env: { PASSWORD_PEPPER: pepper } });

  const newUser = async () => {
    const account = newAccount();
    const { user } = await latchkey.client().signup(account);
    return {
      id: user.id as string,
      login: async (password = PASSWORD) => {
        const input = { identifier: account.email, password };
        return (await latchkey.client().data(LOGIN, { input })).login.__typename;
      },
      hash: async () => {
        const sql = 'SELECT hash FROM passwords WHERE user_id = $1';
        return (await runSql(latchkey.databaseUrl, sql, [user.id]))[0]?.['hash'] as string;
      },
    };
  };
  const made = {
    bcrypt: /^\$lk1\$[0-9a-f]{8}\$2b\$04\$/,
    argon2id: /^\$lk1\$[0-9a-f]{8}\$argon2id\$v=19\$m=19456,t=2,p=1\$/,
  };

  test.each([
    ['bcrypt', 'argon2id'],
    ['argon2id', 'bcrypt'],
  ] as const)('by a hash of %s makes one of %s, where that is configured', async (from, to) => {
    await latchkey.restart({ PASSWORD_HASH: from });
    const user = await newUser();
    const first = await user.hash();
    expect(first).toMatch(made[from]);

    await latchkey.restart({ PASSWORD_HASH: to });
    expect(await user.login('not the right password')).toBe('InvalidCredentialsError');
    expect(await user.hash()).toBe(first);
    expect(await user.login()).toBe('Authentication');
    const second = await user.hash();
    expect(second).toMatch(made[to]);
    expect(await user.login()).toBe('Authentication');
    expect(await user.hash()).toBe(second);
  });

  test('by a hash of Argon2id with lower parameters makes another', async () => {
    await latchkey.restart({ PASSWORD_HASH: 'argon2id' });
    const user = await newUser();
    const prefix = (await user.hash()).slice(0, '$lk1$01234567'.length);
    const { hashSync } = await import('@node-rs/argon2');
    const lower = hashSync(preHash(PASSWORD, new Secret(pepper)), { memoryCost: 1_024, timeCost: 2 });
    const sql = 'UPDATE passwords SET hash = $2 WHERE user_id = $1';
    await runSql(latchkey.databaseUrl, sql, [user.id, `${prefix}${lower}`]);
    expect(await user.login()).toBe('Authentication');
    expect(await user.hash()).toMatch(made.argon2id);
  });
});

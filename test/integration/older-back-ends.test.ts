import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { useTestApp } from '../support/app.ts';
import { ME, newAccount } from '../support/client.ts';
import { errorCodeOf } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const [JWT_SECRET, another] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
const latchkey = useTestApp({
  env: { JWT_PRIVATE_KEY: undefined, JWT_SECRET, JWT_COMPATIBLE_CLAIMS: 'user_id,username,email,is_admin' },
});

/** As such a back-end does it. */
const claimsOf = (token: string | null) => jwt.verify(String(token), JWT_SECRET, { algorithms: ['HS256'] });

test('a back-end verifies access tokens with the shared secret, and reads the claims that it knows', async () => {
  const account = newAccount();
  const client = latchkey.client();
  const { user } = await client.signup(account);
  const { email, username } = account;
  expect(claimsOf(client.accessToken)).toMatchObject({
    sub: user.id,
    user_id: user.id,
    email,
    username,
    is_admin: false,
  });
  expect((await client.data(ME)).me.id).toBe(user.id);

  await runSql(
    latchkey.databaseUrl,
    "UPDATE users SET roles = '{user,admin}', username = NULL, username_key = NULL",
  );
  await client.refresh();
  expect(claimsOf(client.accessToken)).toMatchObject({
    user_id: user.id,
    email,
    username: null,
    is_admin: true,
  });
});

test('the secret is not in the key set', async () => {
  const answer = await (await fetch(`${latchkey.url}/.well-known/jwks.json`)).text();
  expect(JSON.parse(answer)).toEqual({ keys: [] });
});

test('the secret is rotated without a refused access token', async () => {
  const client = latchkey.client();
  await client.signup();
  await latchkey.restart({ JWT_SECRET: `${another},${JWT_SECRET}` });
  const { accessToken, refreshToken } = client;
  const returned = Object.assign(latchkey.client(), { accessToken, refreshToken });
  expect((await returned.data(ME)).me).not.toBeNull();
  await returned.refresh();
  expect(() => claimsOf(returned.accessToken)).toThrow('invalid signature');
  await latchkey.restart({ JWT_SECRET: another });
  const again = Object.assign(latchkey.client(), { accessToken: returned.accessToken });
  expect((await again.data(ME)).me).not.toBeNull();
  expect(await errorCodeOf(Object.assign(latchkey.client(), { accessToken }).send(ME))).toBe(
    'UNAUTHENTICATED',
  );
});

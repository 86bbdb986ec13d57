import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN, ME, newAccount, PASSWORD, REAUTHENTICATE } from '../support/client.ts';
import { postRaw } from '../support/http.ts';
import { NEW_PASSWORD, REQUEST_RESET, RESET, send } from '../support/messages.ts';
import { CREATE_TOKEN, tokenInput } from '../support/personal-access-tokens.ts';
import { errorCodeOf, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const latchkey = useTestApp({ env: { RATE_LIMITS: 'off' } });
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

const keyed = (key: string = randomUUID()) => ({ 'idempotency-key': key });

/** A new account, and its sign-in with a key. */
async function loggedIn(headers = keyed()) {
  const account = newAccount();
  await latchkey.client().signup(account);
  const variables = { input: { identifier: account.email, password: PASSWORD } };
  const login = (client = latchkey.client()) => client.send(LOGIN, variables, headers);
  const { data } = await login();
  const client = Object.assign(latchkey.client(), {
    accessToken: data.login.accessToken as string,
    refreshToken: data.login.refreshToken as string,
  });
  return { account, login, client, sessionId: data.login.session.id as string };
}

describe('who knows the key', () => {
  test('and not the password gets nothing by it', async () => {
    const headers = keyed();
    const { account } = await loggedIn(headers);
    const input = { identifier: account.email, password: 'a wrong guess of it' };
    const { data } = await latchkey.client().send(LOGIN, { input }, headers);
    expect(data.login).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  });

  test('and has another session makes a request of their own', async () => {
    const headers = keyed();
    const [owner, sibling] = await signIn(latchkey, 2);
    const [stranger] = await signIn(latchkey, 1);
    const create = async ({ client }: { client: GraphQLClient }) =>
      (await client.send(CREATE_TOKEN, { input: tokenInput() }, headers)).data.createPersonalAccessToken;
    const first = await create(owner);
    expect(await create(owner)).toEqual(first);
    const tokens = [first, await create(sibling), await create(stranger)].map(({ token }) => token);
    expect(new Set(tokens).size).toBe(3);
  });

  test('and has no credential is refused', async () => {
    const headers = keyed();
    const [{ client }] = await signIn(latchkey, 1);
    const variables = { input: tokenInput() };
    await client.send(CREATE_TOKEN, variables, headers);
    const answer = latchkey.client().send(CREATE_TOKEN, variables, headers);
    expect(await errorCodeOf(answer)).toBe('UNAUTHENTICATED');
  });
});

describe('a repeat gives no access that was taken back', () => {
  test.each<[string, (of: Awaited<ReturnType<typeof loggedIn>>) => Promise<unknown>]>([
    ['the session has ended', ({ client }) => client.data('mutation { logout { count } }')],
    [
      'the password was changed elsewhere',
      async ({ account }) => {
        const other = latchkey.client();
        await other.login({ identifier: account.email, password: PASSWORD });
        await other.data(
          `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }`,
          { input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } },
        );
      },
    ],
    [
      'the account is disabled',
      ({ account }) => sql(`UPDATE users SET account_status = 'DISABLED' WHERE email = $1`, [account.email]),
    ],
    [
      'the session has expired, and was not swept yet',
      ({ sessionId }) => sql('UPDATE sessions SET expires_at = now() WHERE id = $1', [sessionId]),
    ],
  ])('once %s', async (_what, end) => {
    const scene = await loggedIn();
    await end(scene);
    const answer = await scene.login();
    expect(await errorCodeOf(Promise.resolve(answer))).toBe('UNAUTHENTICATED');
    expect(JSON.stringify(answer.data)).not.toContain('lkr_');
  });

  test('nor after a reauthentication whose session has ended', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const headers = keyed();
    const reauthenticate = () => client.send(REAUTHENTICATE, { password: PASSWORD }, headers);
    const { data } = await reauthenticate();
    const newer = Object.assign(latchkey.client(), { accessToken: data.reauthenticate.accessToken });
    expect((await reauthenticate()).data.reauthenticate.session.id).toBe(data.reauthenticate.session.id);
    await newer.data('mutation { logout { count } }');
    expect(await errorCodeOf(reauthenticate())).toBe('UNAUTHENTICATED');
  });

  test('nor a personal access token to a session that has ended', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const headers = keyed();
    const create = () => client.send(CREATE_TOKEN, { input: tokenInput() }, headers);
    await create();
    await client.data('mutation { logout { count } }');
    expect(await errorCodeOf(create())).toBe('UNAUTHENTICATED');
  });

  test('nor what has become of an account to whom a link was sent', async () => {
    const account = newAccount();
    await latchkey.client().signup(account);
    await send(latchkey.client(), REQUEST_RESET, { email: account.email });
    const token = await latchkey.mail.tokenTo(account.email, 'reset-password');
    const query = RESET.replace('user {', 'user { sessions(first: 5) { nodes { id } }');
    const headers = keyed();
    const reset = () => latchkey.client().send(query, { token, password: NEW_PASSWORD }, headers);
    await reset();
    await latchkey.client().login({ identifier: account.email, password: NEW_PASSWORD });
    expect(await errorCodeOf(reset())).toBe('FORBIDDEN');
  });
});

test('an ended credential is good for nothing but the repeat of the request that ended it', async () => {
  const [{ client }] = await signIn(latchkey, 1);
  const headers = keyed();
  const logout = () => client.send('mutation { logout { count sessions { id } } }', {}, headers);
  const { data } = await logout();
  expect(await logout()).toMatchObject({ data, errors: [] });
  expect(await errorCodeOf(client.send(ME, {}, headers))).toBe('UNAUTHENTICATED');
  expect(await errorCodeOf(client.send('mutation { recordActivity { id } }', {}, headers))).toBe(
    'UNAUTHENTICATED',
  );
});

test('the database holds neither the request nor its outcome in clear', async () => {
  const key = randomUUID();
  const headers = keyed(key);
  const { account, client } = await loggedIn(headers);
  const created = await client.send(CREATE_TOKEN, { input: tokenInput() }, headers);
  const { token } = created.data.createPersonalAccessToken;
  const rows = await sql(`SELECT id, sealed FROM kept_outcomes`);
  expect(rows.length).toBeGreaterThanOrEqual(2);
  const bytes = Buffer.concat(rows.flatMap(({ id, sealed }) => [id as Buffer, sealed as Buffer]));
  const [row] = await sql(
    'SELECT id, refresh_salt FROM sessions WHERE user_id = (SELECT id FROM users WHERE email = $1)',
    [account.email],
  );
  const secrets = [key, token, client.accessToken, client.refreshToken, account.email, PASSWORD, row?.['id']];
  for (const secret of [...secrets.map((text) => Buffer.from(String(text))), row?.['refresh_salt'] as Buffer])
    expect(bytes.includes(secret)).toBe(false);
});

describe('an outcome', () => {
  test('is kept for ten minutes, and then the request is a new one', async () => {
    const { login, sessionId } = await loggedIn();
    await sql(`UPDATE kept_outcomes SET created_at = now() - interval '9 minutes 50 seconds'`);
    expect((await login()).data.login.session.id).toBe(sessionId);
    await sql(`UPDATE kept_outcomes SET created_at = now() - interval '10 minutes 1 second'`);
    const { data } = await login();
    expect(data.login.session.id).not.toBe(sessionId);
    expect((await login()).data.login.session.id).toBe(data.login.session.id);
  });

  test('of a refusal is not kept: the right password counts under the same key', async () => {
    const account = newAccount();
    const client = latchkey.client();
    await client.signup(account);
    const headers = keyed();
    const input = { identifier: account.email, password: NEW_PASSWORD };
    const login = async () => (await latchkey.client().send(LOGIN, { input }, headers)).data.login.__typename;
    expect(await login()).toBe('InvalidCredentialsError');
    const change = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }`;
    await client.data(change, { input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } });
    expect(await login()).toBe('Authentication');
  });
});

describe('a malformed key', () => {
  const UNLIKELY = 'mutation { logout { count } }';

  test.each([
    ['of 15 characters', ['Idempotency-Key: 123456789012345']],
    ['of 256 characters', [`Idempotency-Key: ${'a'.repeat(256)}`]],
    ['beyond ASCII', ['Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f93é4']],
    ['with a control character', ['Idempotency-Key: 8e03978e-40d5-43dd\tbc93-6894a57f9324']],
    ['given twice', [`Idempotency-Key: ${randomUUID()}`, `Idempotency-Key: ${randomUUID()}`]],
  ])('%s refuses a mutation before it has an effect, and no query', async (_what, headers) => {
    const [{ client }] = await signIn(latchkey, 1);
    const lines = [
      ...headers,
      'Content-Type: application/json',
      `Authorization: Bearer ${client.accessToken}`,
    ];
    const { json } = await postRaw(latchkey.url, lines, { query: UNLIKELY }, new URL(latchkey.url).host);
    expect(json.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    const query = await postRaw(latchkey.url, lines, { query: ME }, new URL(latchkey.url).host);
    expect(query.json.data.me).not.toBeNull();
  });

  test.each([
    ['of 16 characters', '1234567890123456'],
    ['of 255 characters', 'a'.repeat(255)],
    ['in quotes, as the draft has it', `"${randomUUID()}"`],
    ['that is empty, as if there were none', ''],
  ])('is none %s', async (_what, key) => {
    const { errors } = await latchkey.client().send(UNLIKELY, {}, keyed(key));
    expect(errors).toEqual([]);
  });
});

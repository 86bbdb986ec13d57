import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD, REFRESH, SIGNUP } from '../support/client.ts';
import { post, postRaw } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { runSql } from '../support/sql.ts';

const CHANGE_PASSWORD =
  'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }';
const LOGOUT = 'mutation ($input: LogoutInput) { logout(input: $input) { count } }';
const REAUTHENTICATE =
  'mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { __typename } }';

describe('an unexpected error', () => {
  const logger = new RecordingLogger();
  const account = newAccount();
  const email = 'someone.new@example.com';

  const latchkey = useTestApp({ logger });
  beforeAll(async () => {
    await latchkey.client().signup(account);
    await runSql(latchkey.databaseUrl, 'ALTER TABLE passwords RENAME TO mislaid');
  });

  test.each([
    ['a login', LOGIN, { input: { identifier: account.email, password: account.password } }],
    ['a signup', SIGNUP, { input: { ...newAccount(), email } }],
  ])('of %s tells the caller nothing but where to look in the log', async (what, document, variables) => {
    const requestId = `request-of-${what.replace(' ', '-')}`;
    const linesBefore = logger.lines.length;
    const answer = await latchkey.client().send(document, variables, { 'x-request-id': requestId });
    expect(answer.status).toBe(200);
    expect(answer.data).toBeNull();
    expect(answer.errors).toEqual([
      {
        message: 'Internal error',
        locations: expect.anything(),
        path: [expect.any(String)],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
      },
    ]);
    expect(JSON.stringify(answer)).not.toMatch(
      /passwords|relation|SELECT|INSERT|postgres|\.ts|127\.0\.0\.1|node_modules/,
    );

    const logged = logger.lines.slice(linesBefore).filter((line) => line.startsWith('error'));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(requestId);
    expect(logged[0]).toContain('relation "passwords" does not exist');
    expect(logged[0]).toContain('.store.typeorm.ts');
  });

  test('is logged without what was sent with the statement: addresses, hashes, salts', () => {
    const log = logger.lines.join('\n');
    expect(log).toContain('INSERT INTO passwords');
    expect(log).not.toContain(email);
    expect(log).not.toContain(account.email);
    expect(log).not.toMatch(/\$2b\$|\$lk1\$/);
  });

  test('of one field leaves the others', async () => {
    const { data, errors } = await latchkey
      .client()
      .send(`{ authPolicy { passwordMinLength } user(id: "00000000-0000-4000-8000-000000000000") { id } }`);
    expect([data, errors]).toEqual([{ authPolicy: { passwordMinLength: 15 }, user: null }, []]);
    await runSql(latchkey.databaseUrl, 'ALTER TABLE users RENAME TO mislaid_too');
    const broken = await latchkey
      .client()
      .send(`{ authPolicy { passwordMinLength } user(id: "00000000-0000-4000-8000-000000000000") { id } }`);
    expect(broken.data).toEqual({ authPolicy: { passwordMinLength: 15 }, user: null });
    expect(broken.errors.map(({ message }) => message)).toEqual(['Internal error']);
    expect(broken.errors[0]?.extensions['requestId']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a secret', () => {
  const logger = new RecordingLogger();
  const canary = 'canary-Zq7Wx3Kp9Lm2Vt5R';
  const password = `${canary}-password`;
  const account = newAccount();
  const answers: string[] = [];
  const issued: string[] = [];

  const latchkey = useTestApp({ logger });
  beforeAll(async () => {
    const caller = latchkey.client();
    const ask = async (document: string, variables: object, headers: Record<string, string> = {}) => {
      const { data, errors } = await caller.send(document, variables, headers);
      answers.push(JSON.stringify({ data, errors }));
    };
    const { accessToken, refreshToken } = await caller.signup({ ...account, password });
    issued.push(accessToken, refreshToken);

    // Where it belongs, right and wrong.
    await ask(LOGIN, { input: { identifier: account.email, password } });
    await ask(LOGIN, { input: { identifier: account.email, password: `${password}-wrong` } });
    await ask(REAUTHENTICATE, { input: { password: `${password}-wrong` } });
    await ask(CHANGE_PASSWORD, {
      input: { currentPassword: `${password}-wrong`, newPassword: `${password}-new` },
    });
    await ask(CHANGE_PASSWORD, { input: { currentPassword: password, newPassword: `${password}-new` } });
    await ask(SIGNUP, { input: { ...newAccount(), password: canary.slice(0, 10) } });
    // Where a token belongs.
    for (const token of [canary, `lkr_${canary}`, `${caller.refreshToken}${canary}`]) {
      await ask(REFRESH, { input: { refreshToken: token } });
      await ask(LOGOUT, { input: { refreshToken: token } }, { authorization: '' });
      await ask('{ me { id } }', {}, { authorization: `Bearer ${token}` });
      await ask(REFRESH, {}, { cookie: `latchkey-refresh=${token}` });
      await ask('{ me { id } }', {}, { 'x-router-secret': token, authorization: `Basic ${token}` });
    }
    // Where people put it by mistake.
    await ask(LOGIN, { input: { identifier: password, password } });
    await ask(LOGIN, { input: { identifier: account.email, password, rememberMe: true } });
    await ask(LOGIN, { input: { identifier: account.email, password: [password] } });
    await ask(LOGIN, { input: { identifier: account.email, password: { password } } });
    await ask(LOGIN, { input: { identifier: account.email, password, refreshTokenTransport: password } });
    await ask('query ($id: ID!) { user(id: $id) { id } }', { id: password });
    await ask('mutation ($id: ID!) { terminateSession(id: $id) { __typename } }', { id: password });
    await ask('mutation ($id: ID!) { terminateUserSessions(userId: $id) { __typename } }', { id: password });
    await ask('query ($after: String) { me { sessions(after: $after) { totalCount } } }', {
      after: password,
    });
    await ask('query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }', {
      r: [{ __typename: password, id: password }],
    });
    await ask(SIGNUP, {
      input: { ...newAccount(), email: password, username: `${password}!`, name: `${password}\n` },
    });
    answers.push((await post(latchkey.url, `{"query": "{ me { id } }", "variables": ${password}`)).text);
    await ask('{ me { id } }', {}, { 'x-request-id': `${password} ${password}` });
    // Where the server fails.
    await runSql(latchkey.databaseUrl, 'ALTER TABLE sessions RENAME COLUMN user_agent TO mislaid');
    await ask(LOGIN, { input: { identifier: account.email, password: `${password}-new` } });
    await ask(SIGNUP, { input: { ...newAccount(), password } });
  });

  test('is in no log line, though every level is written', () => {
    expect(logger.lines.some((line) => line.startsWith('debug'))).toBe(true);
    expect(logger.lines.some((line) => line.startsWith('error'))).toBe(true);
    expect(logger.lines.join('\n')).not.toContain(canary);
    for (const token of issued) expect(logger.lines.join('\n')).not.toContain(token);
  });

  test('is in no answer', () => {
    expect(answers.length).toBeGreaterThan(30);
    expect(answers.join('\n')).not.toContain(canary);
  });

  test('is nowhere in the database, the audit log included', async () => {
    const tables = await runSql(
      latchkey.databaseUrl,
      `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`,
    );
    expect(tables.length).toBeGreaterThan(5);
    for (const { tablename } of tables) {
      const rows = await runSql(latchkey.databaseUrl, `SELECT t::text AS row FROM "${tablename}" t`);
      const dump = rows.map(({ row }) => row).join('\n');
      expect(dump).not.toContain(canary);
      for (const token of issued) expect(dump).not.toContain(token);
    }
  });
});

describe('an event row', () => {
  const latchkey = useTestApp();

  /** With an identifier of its own, so that none is locked. */
  const newAttempt = () => ({
    query: LOGIN,
    variables: { input: { identifier: newAccount().username, password: PASSWORD } },
  });
  const newest = async () =>
    (
      await runSql(
        latchkey.databaseUrl,
        'SELECT request_id, user_agent, host(ip_address) AS ip FROM events ORDER BY occurred_at DESC LIMIT 1',
      )
    )[0];
  const sendWith = (...lines: string[]) =>
    postRaw(latchkey.url, ['Content-Type: application/json', ...lines], newAttempt());

  test('tells from where, with the router’s id of the request', async () => {
    await sendWith('X-Request-Id: 4bf92f3577b34da6:a-3.ce_9', 'User-Agent: curl/8.5.0');
    expect(await newest()).toEqual({
      request_id: '4bf92f3577b34da6:a-3.ce_9',
      user_agent: 'curl/8.5.0',
      ip: '127.0.0.1',
    });
  });

  test.each(['a b', 'a\tb', '', 'a'.repeat(129), '\u009b31m', '{"a":1}', 'a,b', '"; DROP TABLE events; --'])(
    'bears an id of our own where the header is no id: %p',
    async (id) => {
      await sendWith(`X-Request-Id: ${id}`, 'User-Agent: x');
      expect((await newest())?.['request_id']).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    },
  );

  test('takes neither two ids for one, nor more than 512 characters of a user agent', async () => {
    await sendWith('X-Request-Id: one', 'X-Request-Id: two', `User-Agent: ${'u'.repeat(5_000)}`);
    const { request_id: id, user_agent: agent } = (await newest()) ?? {};
    expect(id).toMatch(/^[0-9a-f]{8}-/);
    expect(agent).toBe('u'.repeat(512));
  });

  test.each(['\u001b[2J', 'a\u0000b', 'a\u007fb', 'a\nb', 'a\rX-Router-Secret: b'])(
    'is never made by a request with a control character in a header: %p',
    async (value) => {
      for (const name of ['User-Agent', 'X-Request-Id']) {
        const before = await newest();
        expect((await sendWith(`${name}: ${value}`)).status).toBe(400);
        expect(await newest()).toEqual(before);
      }
    },
  );
});

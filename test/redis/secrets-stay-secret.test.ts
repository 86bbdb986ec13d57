import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { MAIN } from '../support/built.ts';
import {
  type Answer,
  GraphQLClient,
  LOGIN,
  ME,
  newAccount,
  REAUTHENTICATE,
  SIGNUP,
} from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { places } from '../support/hostile-inputs.ts';
import { post } from '../support/http.ts';
import { LatchkeyProcess } from '../support/latchkey-process.ts';
import { REQUEST_RESET, RESET } from '../support/messages.ts';
import { bearing, CREATE_TOKEN, tokenInput } from '../support/personal-access-tokens.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';
import { TestSocket } from '../support/websocket.ts';

jest.setTimeout(120_000);

const SESSION_CHANGED = 'subscription ($userId: ID) { sessionChanged(userId: $userId) { kind } }';

/** Begins a line, ends one, and changes colours, wherever it is written as it is. */
const BREAKS = '\r\n{"level":"fatal","msg":"forged"}\r\n\u001b[31m\u2028';

describeWithRedis('a server that logs all it can', () => {
  const redis = useTestRedis();
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-secrets-'));
  const commands: string[] = [];
  /** Passwords, tokens and headers: nothing keeps them. */
  const secrets: string[] = [];
  const answers: string[] = [];
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let latchkey: LatchkeyProcess;
  let monitor: Redis;
  let url: string;
  let scriptToken: string;

  const secret = (name: string) => {
    const text = `canary secret of ${name} ${secrets.length}`;
    secrets.push(text);
    return text;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    const connection = new Redis(redis.url);
    monitor = await connection.monitor();
    connection.disconnect();
    monitor.on('monitor', (_time: string, args: string[]) => commands.push(args.join(' ')));
    latchkey = new LatchkeyProcess(MAIN, {
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'debug',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      DATA_DIR: dataDir,
      BCRYPT_COST: '4',
      HASH_WORKERS: '1',
      RATE_LIMITS: '{}',
      LOCKOUT_FAILURES: '100',
      TRUSTED_PROXIES: 'loopback',
      CORS_ORIGIN: 'https://app.example.com',
      ...newSecrets(),
    });
    url = await latchkey.serving();
    await everyPlace();
    await everyCredential();
    await everyFailure();
    // The refusals that were counted are written every minute, and at the end.
    latchkey.child.kill('SIGTERM');
    expect(await latchkey.exit).toBe(0);
  });
  afterAll(async () => {
    monitor?.disconnect();
    await latchkey?.kill();
    await database?.drop();
    rmSync(dataDir, { recursive: true });
  });

  /** A text in every place of the schema that takes one, by a visitor and by an administrator. */
  async function everyPlace(): Promise<void> {
    const admin = new GraphQLClient(url);
    const account = newAccount();
    await admin.signup(account);
    await runSql(database.url, "UPDATE users SET roles = '{user,admin}'");
    await admin.refresh();
    const texts = places.filter(({ type }) => /String|ID|_Any/.test(String(type)));
    expect(texts.length).toBeGreaterThan(40);
    expect(texts.map(({ name }) => name)).toContain('Subscription.sessionChanged(userId)');
    for (const [index, place] of texts.entries()) {
      const headers = {
        'x-forwarded-for': `192.0.2.${index % 250}`,
        authorization: index % 2 === 0 ? '' : `Bearer ${admin.accessToken}`,
        accept: place.kind === 'subscription' ? 'text/event-stream' : 'application/json',
      };
      const texts = [`canary-${index}`, `canary-${index}${BREAKS}`].map((text) => JSON.stringify(text));
      const operations = texts.flatMap((text) => [place.byVariable(text), place.byLiteral(text)]);
      for (const { query, variables } of operations) {
        const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`;
        answers.push((await post(url, body, headers)).text);
      }
    }
  }

  /** Every credential, right and wrong, where it belongs and in every header. */
  async function everyCredential(): Promise<void> {
    const owner = new GraphQLClient(url);
    const account = { ...newAccount(), email: 'owner@example.com', password: secret('signup') };
    await owner.signup(account);
    const login = (password: string) =>
      new GraphQLClient(url).send(
        'mutation ($p: String!) { login(input: { identifier: "owner@example.com", password: $p }) { __typename } }',
        { p: password },
      );
    await login(account.password);
    await login(secret('wrong login'));
    await owner.send(REAUTHENTICATE, { password: secret('wrong reauthentication') });
    await owner.refresh();
    await owner.refresh(`${owner.refreshToken}${secret('refresh')}`);
    const { createPersonalAccessToken } = await owner.data(CREATE_TOKEN, {
      input: tokenInput({ scopes: ['profile:read'] }),
    });
    await new GraphQLClient(url).send(REQUEST_RESET, { email: account.email });
    const token = await tokenInMail('reset-password');
    await new GraphQLClient(url).send(RESET, { token: secret('wrong link'), password: secret('unused') });
    await new GraphQLClient(url).send(RESET, { token: `${token}x`, password: 'short' });
    await new GraphQLClient(url).send(RESET, { token, password: secret('reset') });
    const { accessToken, refreshToken } = owner;
    scriptToken = createPersonalAccessToken.token;
    secrets.push(scriptToken, token, accessToken ?? '', refreshToken ?? '');
    const wrong = new GraphQLClient(url);
    for (const value of [`Bearer ${secret('header')}`, `Basic ${secret('header')}`, secret('header')])
      for (const name of ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'x-router-secret'])
        answers.push(
          textOf(await wrong.send('{ me { id } }', {}, { [name]: value, origin: 'https://evil.example' })),
        );
    await everyConnectionToken(owner);
  }

  /** By WebSocket: wrong access tokens in every place, a right one, and a text as an argument. */
  async function everyConnectionToken(owner: GraphQLClient): Promise<void> {
    const payloads = [
      { authorization: `Bearer ${secret('connection')}` },
      { token: secret('connection') },
      { connectionParams: { token: secret('connection') } },
      { headers: { authorization: `Bearer ${secret('connection')}` } },
      { authorization: `Bearer ${owner.accessToken}` },
    ];
    for (const payload of payloads) {
      const socket = await TestSocket.ready(url, payload);
      socket.subscribe('1', SESSION_CHANGED, { userId: `canary-9999${BREAKS}` });
      socket.subscribe('2', SESSION_CHANGED);
      await Promise.all([socket.end('1'), socket.end('2')]);
      socket.close();
      const answer = JSON.stringify(socket.messages);
      expect(answer).toContain('BAD_USER_INPUT');
      expect(answer).toMatch(/CREDENTIAL_INVALID|FORBIDDEN/);
      answers.push(answer);
    }
  }

  /** Statements fail with secrets and texts among their parameters. */
  async function everyFailure(): Promise<void> {
    for (const table of ['passwords', 'users', 'personal_access_tokens'])
      await runSql(database.url, `ALTER TABLE ${table} RENAME TO ${table}_away`);
    const client = new GraphQLClient(url);
    const input = { ...newAccount(), password: secret('failed signup'), name: 'canary-9999' };
    const identifier = 'canary-9999@example.com';
    answers.push(
      textOf(await client.send(SIGNUP, { input })),
      textOf(await client.send(LOGIN, { input: { identifier, password: secret('failed login') } })),
      textOf(await bearing({ client: () => new GraphQLClient(url) }, scriptToken).send(ME)),
    );
    for (const table of ['passwords', 'users', 'personal_access_tokens'])
      await runSql(database.url, `ALTER TABLE ${table}_away RENAME TO ${table}`);
  }

  async function tokenInMail(page: string): Promise<string> {
    const pattern = new RegExp(`/${page}#token=(\\S+)`);
    const found = () => pattern.exec(mails())?.[1];
    await eventually(async () => found() !== undefined);
    return found() ?? '';
  }

  const textOf = ({ data, errors }: Answer) => JSON.stringify({ data, errors });
  const mails = () => {
    const folder = join(dataDir, 'mail');
    // Files that are being written end in `.new`.
    return readdirSync(folder)
      .filter((name) => /\.(html|txt)$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
  };
  /** Of the canaries and secrets that a text contains. */
  const found = (text: string) => [
    ...(text.match(/canary-\d+/g) ?? []),
    ...secrets.filter((one) => text.includes(one) || text.includes(JSON.stringify(one).slice(1, -1))),
  ];

  test('writes none of what it was sent into its log, and one line for each entry', () => {
    const lines = latchkey.output.trim().split('\n');
    expect(lines.filter((line) => JSON.parse(line).level === 'error').length).toBeGreaterThanOrEqual(3);
    for (const line of lines) expect(Object.keys(JSON.parse(line))).toContain('msg');
    expect(lines.filter((line) => JSON.parse(line).msg === 'forged')).toEqual([]);
    for (const character of ['\u001b', '\u2028', '\r']) expect(latchkey.output).not.toContain(character);
    expect(found(latchkey.output)).toEqual([]);
  });

  test('answers nothing of what it was sent', () => {
    expect(answers.flatMap(found)).toEqual([]);
  });

  test('sends none of it to Redis', () => {
    expect(commands.length).toBeGreaterThan(100);
    expect(found(commands.join('\n'))).toEqual([]);
  });

  test('writes none of it into a message, except the token into its link', () => {
    const texts = mails();
    const tokens = secrets.filter((one) => texts.includes(one));
    expect(texts).not.toMatch(/canary/);
    for (const token of tokens) expect(texts.replaceAll(`#token=${token}`, '')).not.toContain(token);
    expect(tokens).toHaveLength(1);
  });

  test('stores no secret, and in the audit log no text', async () => {
    const tables = await runSql(database.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    const stored = new Map<unknown, string>();
    for (const { tablename } of tables)
      stored.set(tablename, JSON.stringify(await runSql(database.url, `SELECT * FROM ${tablename}`)));
    // The audit log names a new token as its owner does.
    const events = await runSql(
      database.url,
      "SELECT type, user_agent, request_id, data - 'name' AS data FROM events",
    );
    expect(stored.get('events')).toContain('token.refresh_refused');
    expect(found(JSON.stringify(events))).toEqual([]);
    for (const text of stored.values()) expect(secrets.filter((one) => text.includes(one))).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { MAIN } from '../support/built.ts';
import { type Authentication, type Failure, GraphQLClient, ME, REFRESH } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { LatchkeyProcess, PROCESS_SETTINGS } from '../support/latchkey-process.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

const GRACE_SECONDS = 1;

describeWithRedis('an instance that is frozen for longer than the grace, beside another', () => {
  const redis = useTestRedis();
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-frozen-'));
  let databaseUrl: string;
  let drop: () => Promise<void>;
  let frozen: LatchkeyProcess;
  let other: LatchkeyProcess;

  beforeAll(async () => {
    ({ url: databaseUrl, drop } = await createTestDatabase());
    const env = {
      ...PROCESS_SETTINGS,
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      MIGRATE_ON_START: 'false',
      REDIS_URL: redis.url,
      REFRESH_GRACE_SECONDS: String(GRACE_SECONDS),
      ...newSecrets(),
    };
    frozen = new LatchkeyProcess(MAIN, env);
    other = new LatchkeyProcess(MAIN, env);
    await Promise.all([frozen.serving(), other.serving()]);
  });
  afterEach(() => {
    frozen?.child.kill('SIGCONT');
  });
  afterAll(async () => {
    await Promise.all([frozen?.kill(), other?.kill()]);
    await drop?.();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const on = async (instance: LatchkeyProcess, { accessToken, refreshToken }: Partial<GraphQLClient> = {}) =>
    Object.assign(new GraphQLClient(await instance.serving()), { accessToken, refreshToken });

  /** A session that both instances know: its client, which calls the other one. */
  async function signedIn() {
    const client = await on(other);
    const { session } = await client.signup();
    await (await on(frozen)).refresh(client.refreshToken);
    await client.refresh();
    return { client, id: session.id, token: client.refreshToken ?? '' };
  }

  /** Resolves when the process stands still. */
  async function freeze(): Promise<void> {
    frozen.child.kill('SIGSTOP');
    const state = () =>
      execFileSync('ps', ['-o', 'state=', '-p', String(frozen.child.pid)], { encoding: 'utf8' });
    await eventually(async () => state().startsWith('T'));
  }

  const thaw = () => frozen.child.kill('SIGCONT');

  /** Resolves when more than the grace has passed, and more than the second that a wait takes at least. */
  async function graceOver(): Promise<void> {
    const [start] = await runSql(databaseUrl, 'SELECT clock_timestamp() AS at');
    const sql =
      'SELECT FROM (SELECT $1::timestamptz AS at) AS start WHERE clock_timestamp() - at > make_interval(secs => $2)';
    await eventually(
      async () => (await runSql(databaseUrl, sql, [start?.['at'], GRACE_SECONDS + 0.5])).length > 0,
    );
  }

  async function generationOf(id: string): Promise<unknown> {
    const [row] = await runSql(databaseUrl, 'SELECT generation FROM sessions WHERE id = $1', [id]);
    return row?.['generation'];
  }

  /** Refreshes so many times at the other instance, and shows that the tokens have arrived. */
  async function goOn(client: GraphQLClient, id: string, times: number): Promise<void> {
    for (let i = 0; i < times; i += 1) expect((await client.refresh()).__typename).toBe('Authentication');
    await client.data(ME);
    const sql = 'SELECT FROM sessions WHERE id = $1 AND confirmed_generation = generation';
    await eventually(async () => (await runSql(databaseUrl, sql, [id])).length === 1);
  }

  test.each([1, 2, 3])(
    'keeps a session whose client has refreshed elsewhere in the meantime (%i times)',
    async (times) => {
      const { client, id, token } = await signedIn();
      await freeze();
      // As of a client behind a proxy, which keeps the connection.
      const stale = new RawRefresh(await frozen.serving(), token);
      await stale.send();
      await goOn(client, id, times);
      await graceOver();
      thaw();
      expect(await stale.answer).toMatchObject({ code: 'INVALID_TOKEN' });
      expect((await client.data(ME)).me).not.toBeNull();
      expect((await client.refresh()).__typename).toBe('Authentication');
    },
  );

  test('keeps a session whose refresh it was processing when it froze', async () => {
    const client = await on(other);
    const { session, refreshToken } = await client.signup();
    const blocker = new Client({ connectionString: databaseUrl });
    await blocker.connect();
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE sessions');
    const stale = new RawRefresh(await frozen.serving(), refreshToken);
    await stale.send();
    await untilLockWaits(databaseUrl, 1, '%FROM sessions%subject_id = user_id%');
    await freeze();
    await blocker.end();
    await goOn(client, session.id, 1);
    await graceOver();
    thaw();
    expect(await stale.answer).toMatchObject({ code: 'INVALID_TOKEN' });
    expect((await client.refresh()).__typename).toBe('Authentication');
  });

  test('still finds a token that is presented to it after the thaw to be reused', async () => {
    const { client, id, token } = await signedIn();
    await freeze();
    await goOn(client, id, 1);
    await graceOver();
    thaw();
    // Requests that were read soon after the thaw may have waited.
    await graceOver();
    const thief = await on(frozen);
    expect(await thief.refresh(token)).toMatchObject({ endReason: 'TOKEN_REUSED' });
  });

  test('finds a token whose body was sent slowly to be reused: the client chose that wait', async () => {
    const { client, id, token } = await signedIn();
    const slow = new RawRefresh(await frozen.serving(), token);
    await slow.sendHalf();
    await goOn(client, id, 1);
    await graceOver();
    await slow.send();
    expect(await slow.answer).toMatchObject({ endReason: 'TOKEN_REUSED' });
  });

  // The last: it stops the instance.
  test('does not process what clients asked that have gone', async () => {
    const known = await signedIn();
    const unknown = await on(other);
    const { session } = await unknown.signup();
    await freeze();
    for (const token of [known.token, unknown.refreshToken ?? '']) {
      const stale = new RawRefresh(await frozen.serving(), token);
      await stale.send();
      await stale.leave();
    }
    await graceOver();
    thaw();
    // Requests in flight are finished before.
    frozen.child.kill('SIGTERM');
    expect(await frozen.exit).toBe(0);
    expect([await generationOf(known.id), await generationOf(session.id)]).toEqual([1, 0]);
    const refusals = `SELECT FROM events WHERE type = 'token.refresh_refused' AND session_id = ANY($1)`;
    expect(await runSql(databaseUrl, refusals, [[known.id, session.id]])).toEqual([]);
    for (const client of [known.client, unknown])
      expect((await client.refresh()).__typename).toBe('Authentication');
  });
});

/** A refresh on a connection of its own, sent when and as far as the test says. */
class RawRefresh {
  readonly answer: Promise<Authentication & Failure>;
  readonly #request: ClientRequest;
  readonly #body: string;
  #sent = 0;

  constructor(url: string, refreshToken: string) {
    this.#body = JSON.stringify({ query: REFRESH, variables: { input: { refreshToken } } });
    this.#request = request(`${url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': this.#body.length },
    });
    this.answer = this.#receive();
    // That of a client that leaves.
    this.answer.catch(() => undefined);
  }

  async sendHalf(): Promise<void> {
    this.#sent = this.#body.length / 2;
    await new Promise((resolve) => this.#request.write(this.#body.slice(0, this.#sent), resolve));
  }

  async send(): Promise<void> {
    this.#request.end(this.#body.slice(this.#sent));
    await once(this.#request, 'finish');
  }

  async leave(): Promise<void> {
    const closed = new Promise((resolve) => this.#request.once('close', resolve));
    this.#request.destroy();
    await closed;
  }

  async #receive(): Promise<Authentication & Failure> {
    const [response] = await once(this.#request, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    return JSON.parse(text).data.refreshSession;
  }
}

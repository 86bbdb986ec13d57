import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { REFRESH_ROUNDS } from '../support/amounts.ts';
import { type TestApp, useTestApp, withTestApp } from '../support/app.ts';
import { type GraphQLClient, ME, newAccount, REFRESH } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { keepEvents } from '../support/kept-events.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { RecordingLogger } from '../support/logger.ts';
import { runSql } from '../support/sql.ts';
import { rewind } from '../support/time-travel.ts';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const BEYOND_GRACE = 11;

let countEvents: Awaited<ReturnType<typeof keepEvents>>;
const logger = new RecordingLogger();

const latchkey = useTestApp({ logger });
beforeAll(async () => {
  countEvents = await keepEvents(latchkey.databaseUrl);
});

describe('a hundred refreshes at once', () => {
  test(`all give the one successor, ${REFRESH_ROUNDS} rounds in a row, and sign nobody out`, async () => {
    const { owner, session, first } = await signedIn();
    const lineage = [first];
    for (let round = 0; round < REFRESH_ROUNDS; round += 1) {
      const [presented] = lineage.slice(-1);
      const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(presented)));
      expect(new Set(answers.map(({ __typename }) => __typename))).toEqual(new Set(['Authentication']));
      const successors = new Set(answers.map(({ refreshToken }) => refreshToken));
      expect(successors.size).toBe(1);
      lineage.push(...successors);
    }
    expect(new Set(lineage).size).toBe(REFRESH_ROUNDS + 1);

    const [row] = await runSql(
      latchkey.databaseUrl,
      `SELECT count(*)::int AS sessions, max(generation) AS generation, count(ended_at)::int AS ended
       FROM sessions WHERE user_id = (SELECT user_id FROM sessions WHERE id = $1)`,
      [session],
    );
    expect(row).toEqual({ sessions: 1, generation: REFRESH_ROUNDS, ended: 0 });
    expect(await countEvents(session, 'token.refreshed')).toBe(REFRESH_ROUNDS);
    expect(await countEvents(session, 'session.terminated')).toBe(0);

    // One lineage: the last token goes on, and its predecessor leads to the same place.
    const [previous, last] = lineage.slice(-2);
    expect((await refresh(previous)).refreshToken).toBe(last);
    const next = await refresh(last);
    expect(next.__typename).toBe('Authentication');
    expect((await refresh(last)).refreshToken).toBe(next.refreshToken);
    expect((await owner.data(ME)).me).not.toBeNull();
  });
});

describe('a thief who repeats each refresh of an owner whose access tokens are used elsewhere only', () => {
  const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';

  async function refreshAs(userAgent: string, refreshToken: string) {
    const { data } = await latchkey
      .client()
      .send(REFRESH, { input: { refreshToken } }, { 'user-agent': userAgent });
    return data.refreshSession;
  }

  async function eventsOf(session: string, type: string) {
    return runSql(
      latchkey.databaseUrl,
      'SELECT user_agent, data FROM events WHERE session_id = $1 AND type = $2 ORDER BY occurred_at',
      [session, type],
    );
  }

  test('is found by another user agent, and the event names both', async () => {
    const { session, first } = await signedIn();
    const { refreshToken: second } = await refreshAs(BROWSER, first);
    await rewind(latchkey.databaseUrl, session, MINUTE);
    expect(await refreshAs('curl/8.5.0', first)).toMatchObject({ endReason: 'TOKEN_REUSED' });
    expect(await refreshAs(BROWSER, second)).toMatchObject({ endReason: 'TOKEN_REUSED' });
    expect(await eventsOf(session, 'session.refresh_token_reused')).toEqual([
      {
        user_agent: 'curl/8.5.0',
        data: expect.objectContaining({
          cause: 'other_user_agent',
          lastRefresh: { at: expect.any(String), ipAddress: '127.0.0.1', userAgent: BROWSER },
        }),
      },
    ]);
  });

  test('is found by the fourth time in a day, though disguised', async () => {
    const { session, first } = await signedIn();
    let token = first;
    for (let generation = 1; generation <= 4; generation += 1) {
      const { refreshToken: next } = await refreshAs(BROWSER, token);
      await rewind(latchkey.databaseUrl, session, MINUTE);
      const stolen = await refreshAs(BROWSER, token);
      if (generation < 4) expect(stolen.refreshToken).toBe(next);
      else expect(stolen).toMatchObject({ endReason: 'TOKEN_REUSED' });
      await rewind(latchkey.databaseUrl, session, MINUTE);
      token = next;
    }
    expect(await eventsOf(session, 'token.refresh_repeated')).toHaveLength(3);
    expect(await eventsOf(session, 'session.refresh_token_reused')).toMatchObject([
      { data: { cause: 'too_many_late_repeats' } },
    ]);
  });

  test('is no phone that lost its reply: on another network, updated since, in several tabs at once', async () => {
    const { session, first } = await signedIn();
    const { refreshToken: lost } = await refreshAs(BROWSER, first);
    await rewind(latchkey.databaseUrl, session, DAY);
    const updated = BROWSER.replaceAll('133', '134');
    const tabs = await Promise.all(Array.from({ length: 20 }, () => refreshAs(updated, first)));
    expect(new Set(tabs.map(({ refreshToken }) => refreshToken))).toEqual(new Set([lost]));
    expect(await eventsOf(session, 'token.refresh_repeated')).toHaveLength(1);
    expect((await refreshAs(updated, lost)).__typename).toBe('Authentication');
  });
});

describe('a used-up token', () => {
  test('ends its session, and with it the access tokens, once the grace window is over', async () => {
    const { owner, session, first } = await signedIn();
    await owner.refresh();
    await owner.data(ME);
    await confirmed(session, 1);
    await rewind(latchkey.databaseUrl, session, BEYOND_GRACE);
    expect(await refresh(first)).toMatchObject({
      __typename: 'SessionEndedError',
      endReason: 'TOKEN_REUSED',
    });
    expect(await owner.refresh()).toMatchObject({ endReason: 'TOKEN_REUSED' });
    expect((await owner.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(await countEvents(session, 'session.refresh_token_reused')).toBe(1);
    expect(await countEvents(session, 'session.terminated')).toBe(1);
  });

  test('ends its session once, however many present it at once', async () => {
    const { owner, session, first } = await signedIn();
    for (const _ of [1, 2, 3]) await owner.refresh();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(first)));
    expect(new Set(answers.map(({ endReason }) => endReason))).toEqual(new Set(['TOKEN_REUSED']));
    expect(await countEvents(session, 'session.refresh_token_reused')).toBe(1);
    expect(await countEvents(session, 'session.terminated')).toBe(1);
  });

  test('leaves the other sessions of its user alone', async () => {
    const { owner, first, account } = await signedIn();
    const other = latchkey.client();
    await other.login({ identifier: account.email, password: account.password });
    for (const _ of [1, 2, 3]) await owner.refresh();
    expect(await refresh(first)).toMatchObject({ endReason: 'TOKEN_REUSED' });
    expect((await other.refresh()).__typename).toBe('Authentication');
  });

  test('is used up in the window already where the setting is strict', async () => {
    await withTestApp({ env: { REFRESH_GRACE_SECONDS: '0' } }, async (strict) => {
      const owner = strict.client();
      const { refreshToken: first } = await owner.signup();
      expect((await owner.refresh()).__typename).toBe('Authentication');
      expect(await refresh(first, strict)).toMatchObject({ endReason: 'TOKEN_REUSED' });
      expect(await owner.refresh()).toMatchObject({ endReason: 'TOKEN_REUSED' });
    });
  });

  test('two generations old is refused and harms nobody as long as it may have been overtaken', async () => {
    const { owner, session, first } = await signedIn();
    await owner.refresh();
    await owner.refresh();
    expect((await refresh(first)).code).toBe('INVALID_TOKEN');
    expect((await owner.data(ME)).me).not.toBeNull();
    await rewind(latchkey.databaseUrl, session, BEYOND_GRACE);
    expect(await refresh(first)).toMatchObject({ endReason: 'TOKEN_REUSED' });
  });
});

describe('a lost reply', () => {
  test('is had again by the same token, a day later, with the same successor', async () => {
    const { owner, session, first } = await signedIn();
    const lost = await refresh(first);
    await rewind(latchkey.databaseUrl, session, DAY);
    const found = await owner.refresh();
    expect(found.refreshToken).toBe(lost.refreshToken);
    expect((await owner.data(ME)).me).not.toBeNull();
    expect((await owner.refresh()).__typename).toBe('Authentication');
    expect(await countEvents(session, 'token.refreshed')).toBe(2);
  });

  test('was not lost, once its access token was used', async () => {
    const { session, first } = await signedIn();
    const thief = latchkey.client();
    await thief.refresh(first);
    await rewind(latchkey.databaseUrl, session, DAY);
    expect((await refresh(first)).refreshToken).toBe(thief.refreshToken);
    await thief.data(ME);
    await confirmed(session, 1);
    expect(await refresh(first)).toMatchObject({ endReason: 'TOKEN_REUSED' });
  });

  test('was not lost, once its refresh token was used', async () => {
    const { session, first } = await signedIn();
    const thief = latchkey.client();
    await thief.refresh(first);
    await thief.refresh();
    await rewind(latchkey.databaseUrl, session, DAY);
    expect(await refresh(first)).toMatchObject({ endReason: 'TOKEN_REUSED' });
  });
});

describe('a token whose generation the database has lost, as by a failover', () => {
  const LOSE = `UPDATE sessions SET generation = generation - 2, confirmed_generation = least(confirmed_generation, generation - 2),
    rotated_at = NULL, previous_rotated_at = NULL WHERE id = $1`;

  /** A session that was refreshed three times, of which the database knows the first; and its tokens. */
  async function reverted() {
    const { owner, session, first } = await signedIn();
    const tokens = [first];
    for (const _ of [1, 2, 3]) tokens.push((await owner.refresh()).refreshToken);
    await runSql(latchkey.databaseUrl, LOSE, [session]);
    return { owner, session, tokens };
  }

  test('is accepted in any number of tabs at once, and the session goes on from it', async () => {
    const { owner, session, tokens } = await reverted();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens[3])));
    expect(new Set(answers.map(({ __typename }) => __typename))).toEqual(new Set(['Authentication']));
    const successors = new Set(answers.map(({ refreshToken }) => refreshToken));
    expect(successors.size).toBe(1);
    expect(tokens).not.toContain([...successors][0]);
    const sql = 'SELECT generation, confirmed_generation FROM sessions WHERE id = $1';
    expect(await runSql(latchkey.databaseUrl, sql, [session])).toEqual([
      { generation: 4, confirmed_generation: 3 },
    ]);
    expect((await owner.refresh([...successors][0])).__typename).toBe('Authentication');
    expect((await owner.data(ME)).me).not.toBeNull();
  });

  test('is told to the operator once, and to the audit log', async () => {
    const { session, tokens } = await reverted();
    await Promise.all([refresh(tokens[3]), refresh(tokens[3])]);
    expect(logger.lines.filter((line) => line.startsWith('error') && line.includes(session))).toHaveLength(1);
    const sql = `SELECT data FROM events WHERE session_id = $1 AND type = 'session.refreshes_lost'`;
    expect(await runSql(latchkey.databaseUrl, sql, [session])).toMatchObject([
      { data: { presented: 3, stored: 1 } },
    ]);
    // Three before, and the one that was created now.
    expect(await countEvents(session, 'token.refreshed')).toBe(4);
  });

  test('leaves older tokens reuse, those of lost generations too', async () => {
    for (const older of [0, 1, 2]) {
      const { owner, tokens } = await reverted();
      expect((await refresh(tokens[3])).__typename).toBe('Authentication');
      expect(await refresh(tokens[older])).toMatchObject({ endReason: 'TOKEN_REUSED' });
      expect(await owner.refresh()).toMatchObject({ endReason: 'TOKEN_REUSED' });
    }
  });

  test('finds the thief of an older one, which the database takes for the current', async () => {
    const { owner, tokens } = await reverted();
    const stolen = await refresh(tokens[1]);
    expect(stolen.refreshToken).toBe(tokens[2]);
    expect((await owner.refresh()).__typename).toBe('Authentication');
    expect(await refresh(stolen.refreshToken)).toMatchObject({ endReason: 'TOKEN_REUSED' });
  });

  test('does not bring back a session that has ended, or whose account is disabled', async () => {
    const { owner } = await reverted();
    await owner.data('mutation { logout { count } }');
    expect(await owner.refresh()).toMatchObject({ endReason: 'LOGOUT' });
    const other = await reverted();
    const disable = `UPDATE users SET account_status = 'DISABLED' WHERE id = (SELECT user_id FROM sessions WHERE id = $1)`;
    await runSql(latchkey.databaseUrl, disable, [other.session]);
    expect(await other.owner.refresh()).toMatchObject({ endReason: 'ACCOUNT_DISABLED' });
  });
});

describe('a token that proves nothing', () => {
  test('with a forged MAC or tag is refused, and cannot end the session', async () => {
    const { owner, first } = await signedIn();
    for (const position of [40, 50, 60, 80, 99])
      expect((await refresh(tampered(first, position))).code).toBe('INVALID_TOKEN');
    expect((await owner.refresh()).__typename).toBe('Authentication');
  });

  test('made with our secret, but without the salt of its session, is refused and told to the operator', async () => {
    const { owner, session, first } = await signedIn();
    const setSalt = (salt: unknown) =>
      runSql(latchkey.databaseUrl, 'UPDATE sessions SET refresh_salt = $2 WHERE id = $1', [session, salt]);
    const [row] = await runSql(latchkey.databaseUrl, 'SELECT refresh_salt FROM sessions WHERE id = $1', [
      session,
    ]);
    // So that what has been minted is what a thief of the secret alone would mint.
    await setSalt(randomBytes(32));
    expect((await refresh(first)).code).toBe('INVALID_TOKEN');
    expect(await refused(session, 1)).toEqual({ refusals: 1, reasons: ['forged'] });
    expect(logger.lines.filter((line) => line.startsWith('error') && line.includes(session))).toHaveLength(1);
    await setSalt(row?.['refresh_salt']);
    expect((await owner.refresh()).__typename).toBe('Authentication');
  });

  test('of a changed secret, session or generation, or of another kind, is refused', async () => {
    const { owner, first } = await signedIn();
    const changed = [5, 12, 33].map((position) => tampered(first, position));
    for (const token of [...changed, owner.accessToken, '', 'lkr_', `${first}A`, first.slice(4)])
      expect((await refresh(token)).code).toBe('INVALID_TOKEN');
    expect((await owner.refresh()).__typename).toBe('Authentication');
  });

  test('as an access token is refused', async () => {
    const { owner, first } = await signedIn();
    owner.accessToken = first;
    expect((await owner.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });

  test('that is missing is told apart from one that is wrong', async () => {
    const visitor = latchkey.client();
    expect((await visitor.data(REFRESH)).refreshSession.code).toBe('MISSING_TOKEN');
    expect((await visitor.data(REFRESH, { input: { refreshToken: null } })).refreshSession.code).toBe(
      'MISSING_TOKEN',
    );
  });
});

describe('a rotation of the refresh secret', () => {
  test('signs nobody out: what one list makes, the lists before and after it verify', async () => {
    const database = await createTestDatabase();
    const [old, young] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
    const [before, announced, swapped, after] = [old, `${old},${young}`, `${young},${old}`, young];
    const on = <T>(REFRESH_SECRET: string, work: (app: TestApp) => Promise<T>) =>
      withTestApp({ databaseUrl: database.url, env: { REFRESH_SECRET } }, work);
    try {
      let { refreshToken: token } = await on(before, (app) => app.client().signup());
      // While replicas of two steps run side by side, a client meets now the one, now the other.
      for (const list of [announced, before, announced, swapped, announced, swapped, after, swapped, after]) {
        const answer = await on(list, (app) => refresh(token, app));
        expect(answer.__typename).toBe('Authentication');
        token = answer.refreshToken;
      }
      // And the old secret is out of force: what only it can verify is no token of ours any more.
      const stale = await on(announced, (app) => refresh(token, app));
      expect((await on(after, (app) => refresh(stale.refreshToken, app))).code).toBe('INVALID_TOKEN');
    } finally {
      await database.drop();
    }
  });
});

describe('the end of a session', () => {
  test('comes when nothing was heard of it for the idle timeout', async () => {
    const { owner, session } = await signedIn();
    await rewind(latchkey.databaseUrl, session, 7 * DAY - MINUTE);
    expect((await owner.refresh()).__typename).toBe('Authentication');
    await rewind(latchkey.databaseUrl, session, 7 * DAY);
    expect(await owner.refresh()).toMatchObject({ endReason: 'IDLE_TIMEOUT' });
    expect((await owner.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(await countEvents(session, 'session.terminated')).toBe(1);
  });

  test('comes after its lifetime, however often it was refreshed', async () => {
    const { owner, session } = await signedIn();
    for (const _ of [6, 12, 18, 24]) {
      await rewind(latchkey.databaseUrl, session, 6 * DAY);
      expect((await owner.refresh()).__typename).toBe('Authentication');
    }
    await rewind(latchkey.databaseUrl, session, 6 * DAY);
    expect(await owner.refresh()).toMatchObject({ endReason: 'EXPIRED' });
    expect((await owner.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });

  test('is the end of its last access token too', async () => {
    const { owner, session } = await signedIn();
    for (const _ of [1, 2, 3, 4, 5]) {
      await rewind(latchkey.databaseUrl, session, 5 * DAY);
      await owner.refresh();
    }
    await rewind(latchkey.databaseUrl, session, 5 * DAY - MINUTE);
    const { accessToken } = await owner.refresh();
    const { exp } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
    const sql = 'SELECT extract(epoch FROM expires_at)::float8 AS end FROM sessions WHERE id = $1';
    const [row] = await runSql(latchkey.databaseUrl, sql, [session]);
    const end = Number(row?.['end']);
    expect(exp).toBeLessThanOrEqual(end);
    expect(exp).toBeGreaterThan(end - 2);
  });

  test('while a refresh waits for the session is the end of that too', async () => {
    const { owner, session } = await signedIn();
    // Remembered here, it is refreshed by one statement.
    await owner.refresh();
    const holder = new Client({ connectionString: latchkey.databaseUrl });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query("UPDATE sessions SET ended_at = now(), end_reason = 'LOGOUT' WHERE id = $1", [
        session,
      ]);
      const refreshed = refresh(owner.refreshToken);
      await untilLockWaits(latchkey.databaseUrl);
      await holder.query('COMMIT');
      expect(await refreshed).toMatchObject({ code: 'SESSION_ENDED', endReason: 'LOGOUT' });
    } finally {
      await holder.end();
    }
  });

  test('is told with its reason, and changes nothing any more', async () => {
    const { owner, session, first } = await signedIn();
    await owner.data('mutation { logout { count } }');
    for (const _ of [1, 2]) {
      expect(await refresh(first)).toMatchObject({ code: 'SESSION_ENDED', endReason: 'LOGOUT' });
    }
    expect(await countEvents(session, 'session.terminated')).toBe(1);
    expect(await countEvents(session, 'token.refreshed')).toBe(0);
  });
});

/** A new account's first session, as its owner holds it. */
async function signedIn() {
  const owner = latchkey.client();
  const account = newAccount();
  const { session, refreshToken } = await owner.signup(account);
  return { owner, account, session: session.id, first: refreshToken };
}

/** Refreshes as a client that forgets the answer, or as anybody who got hold of the token. */
function refresh(token: string | null | undefined, app = latchkey): ReturnType<GraphQLClient['refresh']> {
  return app.client().refresh(token ?? null);
}

/** The token with one character changed: the secret's id is at 4, the session's at 9, the generation at 31, the MAC from 36. */
function tampered(token: string, position: number): string {
  const other = token[position] === 'A' ? 'B' : 'A';
  return token.slice(0, position) + other + token.slice(position + 1);
}

/** Resolves when the generation's sign of life, which is noted off the request's path, has reached the database. */
async function confirmed(session: string, generation: number): Promise<void> {
  const sql = 'SELECT FROM sessions WHERE id = $1 AND confirmed_generation = $2';
  await eventually(async () => (await runSql(latchkey.databaseUrl, sql, [session, generation])).length === 1);
}

/** The refusals of a session that the audit log counts, once there are so many: they are written a little later. */
async function refused(session: string, atLeast: number): Promise<{ refusals: number; reasons: unknown[] }> {
  const sql =
    "SELECT data->>'reason' AS reason, data->>'count' AS count FROM events WHERE session_id = $1 AND type = 'token.refresh_refused'";
  let rows: Record<string, unknown>[] = [];
  const refusals = () => rows.reduce((sum, { count }) => sum + Number(count), 0);
  await eventually(async () => {
    rows = await runSql(latchkey.databaseUrl, sql, [session]);
    return refusals() >= atLeast;
  });
  return { refusals: refusals(), reasons: [...new Set(rows.map(({ reason }) => reason))] };
}

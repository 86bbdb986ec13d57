import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { keepEvents } from '../support/kept-events.ts';
import { errorCodeOf, expectSignedOut, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';
import { rewind } from '../support/time-travel.ts';

const MINUTE = 60;
const RECORD_ACTIVITY = 'mutation { recordActivity { id status lastActiveAt idleExpiresAt } }';
const ACTIVITY = 'session.activity_updated';

let countEvents: Awaited<ReturnType<typeof keepEvents>>;

const latchkey = useTestApp({ env: { SESSION_TIMEOUT_MINUTES: '30' } });
beforeAll(async () => {
  countEvents = await keepEvents(latchkey.databaseUrl);
});

const travel = (sessionId: string, seconds: number) => rewind(latchkey.databaseUrl, sessionId, seconds);

/** How many seconds ago a session was last active, as it is stored. */
async function idleSeconds(sessionId: string): Promise<number> {
  const [row] = await runSql(
    latchkey.databaseUrl,
    'SELECT extract(epoch FROM now() - last_active_at)::float AS idle FROM sessions WHERE id = $1',
    [sessionId],
  );
  return Number(row?.['idle']);
}

describe('recordActivity', () => {
  test('moves the last activity, and with it the end by idleness, to now', async () => {
    const [{ client, id }] = await signIn(latchkey, 1);
    await travel(id, 29 * MINUTE);
    const { recordActivity } = await client.data(RECORD_ACTIVITY);
    expect(recordActivity).toMatchObject({ id, status: 'ACTIVE' });
    expect(await idleSeconds(id)).toBeLessThan(MINUTE);
    expect(Date.parse(recordActivity.idleExpiresAt) - Date.parse(recordActivity.lastActiveAt)).toBe(
      30 * MINUTE * 1000,
    );
    await travel(id, 29 * MINUTE);
    expect((await client.refresh()).__typename).toBe('Authentication');
  });

  test('is written and announced at most once a minute', async () => {
    const [{ client, id }] = await signIn(latchkey, 1);
    await client.data(RECORD_ACTIVITY);
    expect(await countEvents(id, ACTIVITY)).toBe(0);
    await travel(id, MINUTE + 1);
    await Promise.all(Array.from({ length: 10 }, () => client.data(RECORD_ACTIVITY)));
    expect(await countEvents(id, ACTIVITY)).toBe(1);
    await travel(id, MINUTE + 1);
    await client.data(RECORD_ACTIVITY);
    expect(await countEvents(id, ACTIVITY)).toBe(2);
  });

  test('concerns the calling session alone', async () => {
    const [{ client, id }, other] = await signIn(latchkey, 2);
    for (const session of [id, other.id]) await travel(session, 10 * MINUTE);
    await client.data(RECORD_ACTIVITY);
    expect(await idleSeconds(other.id)).toBeGreaterThan(9 * MINUTE);
    expect(await countEvents(other.id, ACTIVITY)).toBe(0);
  });

  test('does not bring back a session that is over and was not swept yet', async () => {
    const [{ client, id }] = await signIn(latchkey, 1);
    await travel(id, 31 * MINUTE);
    expect(await errorCodeOf(client.send(RECORD_ACTIVITY))).toBe('UNAUTHENTICATED');
    expect(await idleSeconds(id)).toBeGreaterThan(30 * MINUTE);
    expect(await client.refresh()).toMatchObject({ endReason: 'IDLE_TIMEOUT' });
  });

  test('needs a session', async () => {
    expect(await errorCodeOf(latchkey.client().send(RECORD_ACTIVITY))).toBe('UNAUTHENTICATED');
    const [{ client }] = await signIn(latchkey, 1);
    await client.data('mutation { logout { count } }');
    expect(await errorCodeOf(client.send(RECORD_ACTIVITY))).toBe('UNAUTHENTICATED');
  });
});

describe('an ordinary request', () => {
  test('is activity, noted off its path, once for however many requests', async () => {
    const [{ client, id }] = await signIn(latchkey, 1);
    await travel(id, 10 * MINUTE);
    for (let i = 0; i < 20; i += 1) await client.data(ME);
    await eventually(async () => (await idleSeconds(id)) < MINUTE);
    expect(await countEvents(id, ACTIVITY)).toBe(1);
  });

  test('of many sessions at once is written in few statements', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => signIn(latchkey, 1)));
    for (const [{ id }] of people) await travel(id, 10 * MINUTE);
    const statements = await statementsOn('sessions', async () => {
      await Promise.all(people.map(([{ client }]) => client.data('{ authPolicy { passwordMinLength } }')));
      for (const [{ id }] of people) await eventually(async () => (await idleSeconds(id)) < MINUTE);
    });
    // One for each round of writing; on a busy machine some of them come between the requests.
    expect(statements.length).toBeLessThan(people.length / 2);
    for (const [{ id }] of people) expect(await countEvents(id, ACTIVITY)).toBe(1);
  });

  test('with a forged token is none', async () => {
    const [{ client, id }, witness] = await signIn(latchkey, 2);
    for (const session of [id, witness.id]) await travel(session, 10 * MINUTE);
    client.accessToken = `${client.accessToken?.slice(0, -8)}AAAAAAAA`;
    expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
    await witness.client.data(ME);
    await eventually(async () => (await idleSeconds(witness.id)) < MINUTE);
    expect(await idleSeconds(id)).toBeGreaterThan(9 * MINUTE);
  });
});

describe('a refresh', () => {
  test('is activity without an announcement of its own', async () => {
    const [{ client, id }] = await signIn(latchkey, 1);
    await travel(id, 29 * MINUTE);
    await client.refresh();
    expect(await idleSeconds(id)).toBeLessThan(MINUTE);
    expect(await countEvents(id, ACTIVITY)).toBe(0);
    expect(await countEvents(id, 'token.refreshed')).toBe(1);
  });

  test.each([
    ['idle for too long', 31 * MINUTE, 'IDLE_TIMEOUT'],
    ['beyond its lifetime', 31 * 24 * 60 * MINUTE, 'EXPIRED'],
  ])('of a session that was %s ends it', async (_how, seconds, reason) => {
    const [{ client, id }] = await signIn(latchkey, 1);
    await travel(id, seconds);
    expect(await client.refresh()).toMatchObject({ __typename: 'SessionEndedError', endReason: reason });
    await expectSignedOut(client, reason);
    expect(await countEvents(id, 'session.terminated')).toBe(1);
  });
});

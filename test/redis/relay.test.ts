import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { Logger } from '../../src/core/ports.ts';
import { anonymous, systemOrigin } from '../../src/core/principal.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { ChannelListener, type Heard } from '../support/channel-listener.ts';
import { newAccount, PASSWORD } from '../support/client.ts';
import { runCommand, settingsBeside } from '../support/command.ts';
import { createTestDatabase } from '../support/database.ts';
import { keepEvents } from '../support/kept-events.ts';
import { RecordingLogger, silentLogger } from '../support/logger.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import type { Services } from '../support/services.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

describeWithRedis('the relay', () => {
  const secrets = newSecrets();
  let redis: TestRedis;
  let listener: ChannelListener;
  let databaseUrl: string;
  let drop: () => Promise<void>;
  let instances: TestApp[];

  beforeEach(async () => {
    redis = await TestRedis.start();
    listener = await ChannelListener.open(redis.url);
    ({ url: databaseUrl, drop } = await createTestDatabase());
    await keepEvents(databaseUrl);
    instances = [];
  });
  afterEach(async () => {
    for (const instance of instances) await instance.stop();
    await drop?.();
    listener?.close();
    await redis?.kill();
  });

  async function startInstance(logger: Logger = silentLogger): Promise<TestApp> {
    const instance = await startTestApp({ databaseUrl, env: { REDIS_URL: redis.url, ...secrets }, logger });
    instances.push(instance);
    return instance;
  }

  const caughtUp = () => listener.caughtUp(databaseUrl);

  test('of two instances publishes what others left: all of it, and in order for each session', async () => {
    await Promise.all([startInstance(), startInstance()]);
    for (let transaction = 0; transaction < 6; transaction += 1) {
      await runSql(databaseUrl, LEAVE_EVENTS, [transaction]);
    }
    await caughtUp();
    const events = listener.on('auth:session.activity_updated');
    expect(events).toHaveLength(6 * 40 * 5);
    const sequences = new Map<unknown, unknown[]>();
    for (const { payload } of events) {
      const { sessionId, sequence } = payload.data;
      sequences.set(sessionId, [...(sequences.get(sessionId) ?? []), sequence]);
    }
    expect(sequences.size).toBe(40);
    const inOrder = Array.from({ length: 30 }, (_, i) => i);
    for (const sequence of sequences.values()) expect(sequence).toEqual(inOrder);
  });

  test('passes over a mark that somebody holds, and comes back to it', async () => {
    const { user, session } = await withServicesBeside(databaseUrl, secrets, leaveSignup);
    const holder = new Client({ connectionString: databaseUrl });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query(HOLD_MARKS_OF, [session.id]);
      await startInstance();
      const registered = await listener.until(() => listener.on('auth:user.registered')[0]);
      expect(registered.payload.data).toEqual({ userId: user.id });
      expect(listener.on('auth:session.created')).toEqual([]);
      await holder.query('ROLLBACK');
      const created = await listener.until(() => listener.on('auth:session.created')[0]);
      expect(created.payload.data).toMatchObject({ sessionId: session.id });
    } finally {
      await holder.end();
    }
  });

  test('publishes an event that it finds in the outbox again in its first place', async () => {
    const logs = [new RecordingLogger(), new RecordingLogger()] as const;
    const a = await startInstance(logs[0]);
    await startInstance(logs[1]);
    await runSql(databaseUrl, 'ALTER TABLE streamed_events RENAME TO away');
    const { session } = await a.client().signup();
    const deliveries = () =>
      listener.deliveries.filter(
        ({ channel, payload }) =>
          channel === 'auth:session.created' && payload.data['sessionId'] === session.id,
      );
    // Published by the one, and by the sweep of either, but its publication is not recorded by any.
    await listener.until(() => deliveries().length > 2);
    await runSql(databaseUrl, 'ALTER TABLE away RENAME TO streamed_events');
    await caughtUp();
    expect(new Set(deliveries().map(({ payload }) => payload.position)).size).toBe(1);
    const [recorded] = await runSql(
      databaseUrl,
      "SELECT position FROM streamed_events WHERE data->>'sessionId' = $1",
      [session.id],
    );
    expect(Number(recorded?.['position'])).toBe(deliveries()[0]?.payload.position);
  });

  test('publishes what a command that runs beside it has recorded', async () => {
    await startInstance();
    const ended = await runCommand(
      ['create-admin', '--email', 'admin@example.com'],
      { ...settingsBeside(databaseUrl, secrets), MIGRATE_ON_START: 'false' },
      `${PASSWORD}\n`,
    );
    expect(ended).toEqual({ code: 0, output: expect.stringContaining('is an administrator') });
    await listener.until(() => listener.on('auth:user.registered')[0]);
  });

  test('lets nothing overtake what was left before its start', async () => {
    const { session, tokens } = await withServicesBeside(databaseUrl, secrets, leaveSignup);
    const client = (await startInstance()).client();
    await client.refresh(tokens.refreshToken);
    await client.data('mutation { logout { count } }');
    await caughtUp();
    expect(typesOf(eventsOf(session.id))).toEqual([
      'session.created',
      'token.refreshed',
      'session.terminated',
      'user.logout',
    ]);
  });

  test('keeps what happens while Redis is away for its return, in order, and publishes directly again from then on', async () => {
    const latchkey = await startInstance();
    const people = await signIn(latchkey, 5);
    await redis.kill();

    const heardBefore = listener.heard.length;
    const work = people.map(async ({ client }) => {
      for (let i = 0; i < 10; i += 1) await client.refresh();
      // On and on until the relay begins to catch up, and while it does.
      while (listener.heard.length === heardBefore) await client.refresh();
      for (let i = 0; i < 50; i += 1) await client.refresh();
    });
    await redis.start();
    await Promise.all(work);
    await caughtUp();

    for (const { id } of people) {
      const recorded = await runSql(
        databaseUrl,
        'SELECT id FROM kept_events WHERE session_id = $1 AND type = $2 ORDER BY occurred_at',
        [id, 'token.refreshed'],
      );
      const heard = eventsOf(id).filter(({ payload }) => payload.type === 'token.refreshed');
      expect(heard.map(({ payload }) => payload.id)).toEqual(
        recorded.map(({ id: recordedId }) => recordedId),
      );
    }

    await withoutSweep(async () => {
      for (let i = 0; i < 20; i += 1) {
        const count = listener.events.length;
        await people[0].client.refresh();
        await listener.until(({ events }) => events[count]);
      }
    });
  });

  /** While no relay can look through the outbox: what is published then is published directly. */
  async function withoutSweep(work: () => Promise<void>): Promise<void> {
    const holder = new Client({ connectionString: databaseUrl });
    await holder.connect();
    try {
      await holder.query(`SELECT pg_advisory_lock(hashtext('latchkey event relay'))`);
      await work();
    } finally {
      await holder.end();
    }
  }

  const eventsOf = (sessionId: string) =>
    listener.events.filter(({ payload }) => payload.data['sessionId'] === sessionId);
});

const typesOf = (messages: Heard[]) => messages.map(({ payload }) => payload.type);

/** Somebody signs up by a process that publishes nothing. */
async function leaveSignup({ signups }: Services) {
  const { email, password } = newAccount();
  const outcome = await signups.signup(
    { principal: anonymous, origin: systemOrigin },
    { email, password },
    'BODY',
  );
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  return outcome;
}

/** Five events of each of forty sessions, as a process leaves them that dies after its commit. */
const LEAVE_EVENTS = `
  WITH recorded AS (
    INSERT INTO events (id, type, outcome, data, kept)
    SELECT gen_random_uuid(), 'session.activity_updated', 'SUCCESS',
           jsonb_build_object('userId', md5('user')::uuid, 'sessionId', md5(session::text)::uuid, 'sequence', $1::int * 5 + n), false
    FROM generate_series(1, 40) AS session, generate_series(0, 4) AS n
    RETURNING id, data
  )
  INSERT INTO event_outbox (event_id) SELECT id FROM recorded ORDER BY (data->>'sequence')::int`;

const HOLD_MARKS_OF = `
  SELECT FROM event_outbox o JOIN events e ON e.id = o.event_id WHERE e.session_id = $1 FOR UPDATE OF o`;

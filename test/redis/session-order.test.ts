import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.ts';
import { ChannelListener } from '../support/channel-listener.ts';
import { createTestDatabase } from '../support/database.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { signInAdministrator } from '../support/signed-in.ts';
import { lastEventId, recorded, TestStream } from '../support/streams.ts';

const ALL = 'subscription ($since: ID) { sessionChanged(since: $since) { id kind session { id } } }';

describeWithRedis('an instance that is behind publishes changes of a session after its end:', () => {
  const secrets = newSecrets();
  let redis: TestRedis;
  let listener: ChannelListener;
  let databaseUrl: string;
  let drop: () => Promise<void>;
  let instances: TestApp[];
  let streams: TestStream[];

  beforeEach(async () => {
    redis = await TestRedis.start();
    listener = await ChannelListener.open(redis.url);
    ({ url: databaseUrl, drop } = await createTestDatabase());
    instances = [];
    streams = [];
  });
  afterEach(async () => {
    for (const stream of streams) await stream.close();
    for (const instance of instances) await instance.stop();
    await drop?.();
    listener?.close();
    await redis?.kill();
  });

  async function start(): Promise<TestApp> {
    const instance = await startTestApp({ databaseUrl, env: { REDIS_URL: redis.url, ...secrets } });
    instances.push(instance);
    return instance;
  }

  function open({ url }: TestApp, accessToken: string | null, since: string): TestStream {
    const stream = new TestStream(url, ALL, { authorization: `Bearer ${accessToken}` }, { since });
    streams.push(stream);
    return stream;
  }

  test('its messages say so by their numbers, and no stream reports them', async () => {
    const prompt = await start();
    const { accessToken } = await signInAdministrator(prompt);
    const person = prompt.client();
    const { session } = await person.signup();
    await recorded(databaseUrl);
    const before = await lastEventId(databaseUrl);
    const live = open(prompt, accessToken, before);
    const ofSession = ({ changes }: TestStream) =>
      changes.filter((change) => change.session?.id === session.id);
    const isEnd = ({ kind }: { kind: string }) => kind === 'ENDED';
    const release = await holdOutbox(databaseUrl);
    // It cannot look through the outbox at its start, so that it lets nothing overtake what that may hold.
    const behind = await start();
    expect(
      (await Object.assign(behind.client(), { refreshToken: person.refreshToken }).refresh()).__typename,
    ).toBe('Authentication');
    await person.data('mutation { logout { count } }');
    await live.until((stream) => ofSession(stream).some(isEnd));
    const end = ofSession(live).find(isEnd)?.id ?? '';
    // They begin once the outbox that they find is published: with the late change, or before it.
    const resumed = [prompt, behind].map((instance) => open(instance, accessToken, end));
    const replayed = open(behind, accessToken, before);
    expect(listener.on('auth:token.refreshed')).toEqual([]);
    await release();

    await listener.until(() => listener.on('auth:token.refreshed')[0]);
    await listener.caughtUp(databaseUrl);
    const numbers = listener.events
      .filter(({ payload }) => payload.data['sessionId'] === session.id)
      .map(({ payload }) => [payload.type, payload.data['sessionRevision']]);
    expect(numbers).toEqual([
      ['session.created', 0],
      ['session.terminated', 2],
      ['user.logout', 2],
      ['token.refreshed', 1],
    ]);

    const afterwards = [prompt, behind].map((instance) => open(instance, accessToken, end));
    const all = open(prompt, accessToken, before);
    const marker = await prompt.client().signup();
    for (const stream of streams)
      await stream.until(({ changes }) => changes.some((change) => change.session?.id === marker.session.id));
    for (const stream of [live, replayed, all])
      expect(ofSession(stream).map(({ kind }) => kind)).toEqual(['ENDED']);
    for (const stream of [...resumed, ...afterwards]) expect(ofSession(stream)).toEqual([]);
  });
});

/** Keeps every instance from looking through the outbox, until what it returns is called. */
async function holdOutbox(databaseUrl: string): Promise<() => Promise<void>> {
  const holder = new Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query(`SELECT pg_advisory_lock(hashtext('latchkey event relay'))`);
  return () => holder.end();
}

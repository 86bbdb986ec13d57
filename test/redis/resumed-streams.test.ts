import { afterEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { BREAKS, EXPIRIES, SESSIONS_DURING_EXPIRIES } from '../support/amounts.ts';
import { type TestApp, useTwoTestApps } from '../support/app.ts';
import type { GraphQLClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { expiringToken } from '../support/expiring-token.ts';
import { inParallel } from '../support/in-parallel.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { signInAdministrator } from '../support/signed-in.ts';
import { type Change, lastEventId, recorded, TestStream } from '../support/streams.ts';

const ALL = 'subscription ($since: ID) { sessionChanged(since: $since) { id kind session { id } } }';

describeWithRedis('streams that are resumed by `since`', () => {
  const secrets = newSecrets();
  const redis = useTestRedis();
  const [a, b] = useTwoTestApps(() => ({ env: { REDIS_URL: redis.url, ...secrets } }));
  const streams: TestStream[] = [];
  afterEach(() => Promise.all(streams.splice(0).map((stream) => stream.close())));

  /** A stream that has what is awaited, or is over. A busy machine may refuse it: then the client comes again. */
  async function open(
    app: TestApp,
    accessToken: string | null,
    since: string | null,
    isEnough: (stream: TestStream) => boolean,
  ): Promise<TestStream> {
    for (;;) {
      const stream = new TestStream(app.url, ALL, { authorization: `Bearer ${accessToken}` }, { since });
      streams.push(stream);
      await stream.until((stream) => stream.completed || isEnough(stream));
      if (stream.results[0]?.errors?.[0].extensions.code !== 'SERVICE_UNAVAILABLE') return stream;
    }
  }

  /** A stream that reports what happens. */
  async function openLive(app: TestApp, { accessToken }: GraphQLClient): Promise<TestStream> {
    let isLive = false;
    const opening = open(app, accessToken, null, ({ changes }) => changes.length > 0);
    void opening.then(() => {
      isLive = true;
    });
    await eventually(async () => {
      await a.client().signup();
      return isLive;
    });
    return opening;
  }

  /** A client that watches until it has seen a session, and comes back to either instance with the last id that it was given. */
  async function watch(
    administrator: GraphQLClient,
    first: string,
    lastSession: () => string | null,
  ): Promise<Change[]> {
    const seen: Change[] = [];
    let since = first;
    const isOver = () => seen.some(({ session }) => session !== null && session.id === lastSession());
    for (let turn = 0; turn < EXPIRIES || !isOver(); turn += 1) {
      const token = expiringToken(administrator.accessToken ?? '', secrets.JWT_PRIVATE_KEY, 1);
      const stream = await open(turn % 2 === 0 ? a : b, token, since, () => false);
      // On a busy machine the token may have expired before.
      if (stream.changes[0]?.kind === 'CREDENTIAL_INVALID') continue;
      expect(stream.changes.at(-1)?.kind).toBe('CREDENTIAL_EXPIRED');
      seen.push(...stream.changes);
      since = stream.changes.at(-1)?.id ?? since;
    }
    return seen;
  }

  test('report every session that is created meanwhile once, on whichever instance', async () => {
    const administrator = await signInAdministrator(a);
    await recorded(a.databaseUrl);
    const since = await lastEventId(a.databaseUrl);
    let last: string | null = null;
    const watching = [1, 2, 3, 4].map(() => watch(administrator, since, () => last));
    const created = await inParallel(Array.from({ length: SESSIONS_DURING_EXPIRIES }), async (_, index) => {
      const { session } = await (index % 2 === 0 ? a : b).client().signup();
      return session.id;
    });
    last = (await a.client().signup()).session.id;
    for (const changes of await Promise.all(watching)) {
      const ids = changes.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const reported = changes.flatMap(({ kind, session }) => (kind === 'CREATED' ? [session?.id] : []));
      expect(reported.sort()).toEqual([...created, last].sort());
    }
  });

  test('begin after a change that was just received, before its publication is recorded', async () => {
    const administrator = await signInAdministrator(a);
    const first = await openLive(b, administrator);
    for (let round = 0; round < 5; round += 1) {
      const { session } = await a.client().signup();
      const known = await first.until(({ changes }) => changes.some(isOf(session.id)));
      const since = known.changes.find(isOf(session.id))?.id ?? null;
      const resumed = open(a, administrator.accessToken, since, ({ changes }) => changes.length > 0);
      const next = await b.client().signup();
      expect((await resumed).changes[0]?.session?.id).toBe(next.session.id);
    }
  });

  test('catch up when their instance has lost its connection to Redis, whatever else is published then', async () => {
    const administrator = await signInAdministrator(a);
    const stream = await openLive(b, administrator);
    const created: string[] = [];
    const person = a.client();
    await person.signup();
    let refreshes = 0;
    await withBrokenSubscribers(redis.url, BREAKS, async (isOver) => {
      // Lost, waiting, and delivered at once: something is published all the time.
      while (!isOver()) {
        await person.refresh();
        refreshes += 1;
        if (refreshes % 5 === 0) created.push((await a.client().signup()).session.id);
      }
    });
    created.push((await a.client().signup()).session.id);
    await stream.until(({ changes }) => created.every((id) => changes.some(isOf(id))));
    const ids = stream.changes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const refreshed = stream.changes.filter(({ kind }) => kind === 'REFRESHED');
    expect(refreshed).toHaveLength(refreshes);
    expect(created.length).toBeGreaterThan(BREAKS / 5);
  });
});

const isOf =
  (sessionId: string) =>
  ({ session }: Change) =>
    session?.id === sessionId;

/** Breaks every connection that subscribes, so many times: what is published before it has subscribed again is lost. */
async function withBrokenSubscribers(
  redisUrl: string,
  times: number,
  work: (isOver: () => boolean) => Promise<void>,
): Promise<void> {
  const redis = new Redis(redisUrl);
  let left = times;
  const breaking = (async () => {
    for (; left > 0; left -= 1) {
      await redis.client('KILL', 'TYPE', 'pubsub');
      // Until all are there again.
      await eventually(
        async () => ((await redis.pubsub('NUMSUB', 'auth:all:sessions')) as unknown[])[1] !== 0,
      );
    }
  })();
  try {
    await Promise.all([work(() => left === 0), breaking]);
  } finally {
    redis.disconnect();
  }
}

import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { STREAMS_AT_ONCE } from '../support/amounts.ts';
import { useTestApp } from '../support/app.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { type SignedIn, signIn, signInAdministrator } from '../support/signed-in.ts';
import { statementsOn } from '../support/statements.ts';
import { TestSocket } from '../support/websocket.ts';

const MINE = 'subscription { mySessionChanged { id kind session { id } } }';
const MINE_BRIEFLY = 'subscription { mySessionChanged { id kind occurredAt } }';
const ANYONES = 'subscription ($userId: ID) { sessionChanged(userId: $userId) { id kind session { id } } }';

const STREAMS_PER_USER = 20;

let redis: Redis;
let witness: Redis;
const sockets: TestSocket[] = [];
const rawSockets: Socket[] = [];

const channelOf = (userId: string) => `auth:user:${userId}:sessions`;

/** How many connections of instances have subscribed the channel of this user. */
async function subscribed(userId: string): Promise<number> {
  const [, count] = (await redis.pubsub('NUMSUB', channelOf(userId))) as [string, number];
  return count;
}

describeWithRedis('streams by Redis', () => {
  const redisServer = useTestRedis();
  const latchkey = useTestApp(() => ({ env: { REDIS_URL: redisServer.url } }));

  beforeAll(() => {
    redis = new Redis(redisServer.url);
    witness = new Redis(redisServer.url);
  });
  afterEach(() => {
    // One that reads nothing would not see an answer to its goodbye.
    for (const socket of sockets.splice(0)) socket.socket.isPaused ? socket.vanish() : socket.close();
    for (const socket of rawSockets.splice(0)) socket.destroy();
  });
  afterAll(() => {
    redis?.disconnect();
    witness?.disconnect();
  });

  async function openSocket(accessToken: string | null): Promise<TestSocket> {
    const socket = await TestSocket.ready(latchkey.url, { authorization: `Bearer ${accessToken}` });
    sockets.push(socket);
    return socket;
  }

  test.each<[how: string, open: (accessToken: string | null) => Promise<() => void>]>([
    [
      'destroys its WebSocket',
      async (accessToken) => {
        const socket = await openSocket(accessToken);
        socket.subscribe('1', MINE);
        return () => socket.vanish();
      },
    ],
    [
      'completes its subscription and stays',
      async (accessToken) => {
        const socket = await openSocket(accessToken);
        socket.subscribe('1', MINE);
        return () => socket.send({ id: '1', type: 'complete' });
      },
    ],
    [
      'breaks off its event stream',
      async (accessToken) => {
        const stream = await EventStream.open(latchkey.url, { accessToken });
        return () => stream.leave();
      },
    ],
  ])('a client who %s frees its channel', async (_how, open) => {
    const [{ client, userId }] = await signIn(latchkey, 1);
    const leave = await open(client.accessToken);
    await eventually(async () => (await subscribed(userId)) === 1);
    leave();
    await eventually(async () => (await subscribed(userId)) === 0);
  });

  test('clients who leave in the midst of subscribing leave no channel behind', async () => {
    const people = await Promise.all(Array.from({ length: 10 }, () => signIn(latchkey, 1)));
    for (const [{ client }] of people) {
      const socket = await openSocket(client.accessToken);
      socket.subscribe('1', MINE);
      socket.subscribe('2', MINE);
      socket.send({ id: '1', type: 'complete' });
      socket.vanish();
    }
    const own = await signIn(latchkey, 2);
    await (await liveSocket(own[0], own[1])).close();
    await eventually(async () => (await redis.pubsub('CHANNELS', 'auth:user:*')).length === 0);
  });

  test('the channel stays as long as one of its streams does', async () => {
    const [watching, acting] = await signIn(latchkey, 2);
    const [one, two] = [await liveSocket(watching, acting), await liveSocket(watching, acting)];
    one.close();
    const before = two.messages.length;
    await acting.client.refresh();
    await two.message((message) => two.messages.indexOf(message) >= before);
    expect(await subscribed(watching.userId)).toBe(1);
  });

  test(`${STREAMS_AT_ONCE} streams tell one user’s event once each, by one statement, and leave no memory behind`, async () => {
    const admins = await Promise.all(
      Array.from({ length: STREAMS_AT_ONCE / STREAMS_PER_USER }, () => signInAdministrator(latchkey)),
    );
    const tokens = admins.map(({ accessToken }) => accessToken);
    let grown = Number.NaN;
    let left = Number.NaN;
    // The first round warms up.
    for (let round = 0; round < 2; round += 1) {
      const before = heapUsed();
      const { streams, watched } = await openAll(tokens);
      const published = await countPublished(watched.userId, 'session.terminated');
      const open = heapUsed();
      const heardBefore = idsHeardBy(streams);
      const statements = await statementsOn('sessions', async () => {
        await watched.client.data('mutation { logout { count } }');
        await Promise.all(streams.map(({ socket, id }) => ended(socket, id, watched)));
      });
      const reads = statements.filter((statement) => statement.includes('FROM sessions WHERE id = ANY'));
      // The last refresh while the streams were opened may be heard, and read, only now.
      const heardNow = [...idsHeardBy(streams)].filter((id) => !heardBefore.has(id));
      expect(reads.length).toBeLessThanOrEqual(heardNow.length);
      for (const stream of streams) {
        const times = changesOf(stream).filter(({ kind }) => kind === 'ENDED').length;
        // Of a relay that was interrupted an event may come twice, and then it may here.
        expect([times > 0, times <= published()]).toEqual([true, true]);
      }
      for (const socket of sockets.splice(0)) socket.close();
      streams.length = 0;
      await witness.unsubscribe(channelOf(watched.userId));
      await eventually(async () => (await subscribed(watched.userId)) === 0);
      grown = open - before;
      left = heapUsed() - before;
    }
    expect(left).toBeLessThan(grown / 5);
  });

  test.each<[transport: string, open: (accessToken: string | null) => Promise<() => void>]>([
    [
      'WebSocket',
      async (accessToken) => {
        const socket = await openSocket(accessToken);
        socket.subscribe('1', MINE_BRIEFLY);
        return () => socket.socket.pause();
      },
    ],
    [
      'server-sent events',
      async (accessToken) => {
        const socket = connect(Number(new URL(latchkey.url).port), '127.0.0.1');
        const target = `/graphql?${new URLSearchParams({ query: MINE_BRIEFLY })}`;
        const lines = [`GET ${target} HTTP/1.1`, 'Host: latchkey.test', 'Accept: text/event-stream'];
        socket.write([...lines, `Authorization: Bearer ${accessToken}`, '\r\n'].join('\r\n'));
        rawSockets.push(socket);
        return () => socket.pause();
      },
    ],
  ])(
    'a reader by %s who takes nothing loses the stream, and memory does not pile up',
    async (_transport, open) => {
      const [{ client, userId, id: sessionId }] = await signIn(latchkey, 1);
      const stop = await open(client.accessToken);
      await eventually(async () => (await subscribed(userId)) === 1);
      stop();
      const before = heapUsed();
      let sent = 0;
      // Far more than the buffers of both ends of a connection hold.
      while ((await subscribed(userId)) === 1 && sent < 200_000) {
        const pipeline = redis.pipeline();
        for (let i = 0; i < 100; i += 1) pipeline.publish(channelOf(userId), refreshed(userId, sessionId));
        await pipeline.exec();
        sent += 100;
      }
      expect(await subscribed(userId)).toBe(0);
      const kept = heapUsed() - before;
      expect(sent).toBeGreaterThan(256);
      expect(kept).toBeLessThan(5_000_000);
    },
  );

  test('a message that is no event is passed over', async () => {
    const [watching, acting] = await signIn(latchkey, 2);
    const socket = await liveSocket(watching, acting);
    for (const message of [
      '',
      'no JSON',
      'null',
      '7',
      '[]',
      '{}',
      '{"type":"session.created","data":null}',
    ]) {
      await redis.publish(channelOf(watching.userId), message);
      await redis.publish('auth:revocations', message);
      await redis.publish('auth:heartbeat', message);
      await redis.publish('auth:issuers', message);
    }
    await acting.client.data('mutation { logout { count } }');
    await socket.message(({ payload }) => payload?.data?.mySessionChanged.kind === 'ENDED');
    const told = socket.about('1').map(({ payload }) => payload);
    expect(told.every(({ errors }) => errors === undefined)).toBe(true);
    expect(new Set(told.map(({ data }) => data.mySessionChanged.kind))).toEqual(
      new Set(['REFRESHED', 'ENDED']),
    );
  });

  /** So many streams of one user's sessions, all of them live: of administrators, each with as many as one user may have. */
  async function openAll(tokens: readonly (string | null)[]) {
    const [watched, acting] = await signIn(latchkey, 2);
    const streams: OpenStream[] = [];
    for (const token of tokens) {
      const socket = await openSocket(token);
      const ids = Array.from({ length: STREAMS_PER_USER }, (_, i) => String(i));
      for (const id of ids) socket.subscribe(id, ANYONES, { userId: watched.userId });
      streams.push(...ids.map((id) => ({ socket, id })));
      // All at once would be a test of the database's queue.
      if (streams.length % 100 !== 0) continue;
      while (!streams.every(({ socket, id }) => socket.about(id).length > 0)) await acting.client.refresh();
    }
    return { streams, watched };
  }

  /** How often events of this type have been published for a user since, as an independent client hears it. */
  async function countPublished(userId: string, type: string): Promise<() => number> {
    let count = 0;
    await witness.subscribe(channelOf(userId));
    witness.on('message', (channel, message) => {
      if (channel === channelOf(userId) && JSON.parse(message).type === type) count += 1;
    });
    return () => count;
  }

  async function liveSocket(watching: SignedIn, acting: SignedIn): Promise<TestSocket> {
    const socket = await openSocket(watching.client.accessToken);
    socket.subscribe('1', MINE);
    while (socket.about('1').length === 0) await acting.client.refresh();
    return socket;
  }
});

/** A subscription, and the socket that carries it. */
interface OpenStream {
  readonly socket: TestSocket;
  readonly id: string;
}

function changesOf({ socket, id }: OpenStream): { id: string; kind: string }[] {
  return socket.about(id).map(({ payload }) => payload.data.sessionChanged);
}

/** The ids of all changes that any of them has heard. */
function idsHeardBy(streams: readonly OpenStream[]): Set<string> {
  return new Set(streams.flatMap(changesOf).map(({ id }) => id));
}

function ended(socket: TestSocket, id: string, { id: sessionId }: SignedIn): Promise<unknown> {
  return socket.message((message) => {
    const change = message.id === id ? message.payload?.data?.sessionChanged : undefined;
    return change?.kind === 'ENDED' && change.session.id === sessionId;
  });
}

/** What an instance publishes when a session was refreshed. */
function refreshed(userId: string, sessionId: string): string {
  const event = { id: randomUUID(), type: 'token.refreshed', occurredAt: new Date().toISOString() };
  return JSON.stringify({ ...event, data: { userId, sessionId } });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of this process, client and server both, in bytes: what is held, not what waits to be collected. */
function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

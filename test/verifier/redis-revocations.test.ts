import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import {
  type RedisSubscriber,
  type Revocation,
  redisRevocations,
} from '../../packages/verifier/src/index.ts';

const LIFETIME_SECONDS = 300;

/** A client of Redis that tests let speak. */
class HeldRedis extends EventEmitter {
  readonly status = 'ready';
  readonly subscribed: string[][] = [];
  readonly subscribe = async (...channels: string[]) => {
    this.subscribed.push(channels);
  };
  readonly disconnect = () => undefined;

  say(channel: string, payload: unknown): void {
    this.emit('message', channel, typeof payload === 'string' ? payload : JSON.stringify(payload));
  }

  /** Passes time, with heartbeats. */
  pass(seconds: number): void {
    for (let ms = 0; ms < seconds * 1_000; ms += 400) {
      jest.advanceTimersByTime(400);
      this.say('auth:heartbeat', { id: 'x' });
    }
  }
}

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
});
afterEach(() => {
  jest.useRealTimers();
});

function create() {
  const redis = new HeldRedis();
  const source = redisRevocations({
    redis: redis as unknown as RedisSubscriber,
    tokenLifetimeSeconds: LIFETIME_SECONDS,
  });
  const heard: Revocation[] = [];
  const keys: (readonly string[])[] = [];
  source.start({ onRevocation: (each) => heard.push(each), onKeys: (kids) => keys.push(kids) });
  return { redis, source, heard, keys };
}

test('is live once it has listened for as long as tokens live, and again after each interruption', () => {
  const { redis, source } = create();
  expect(source.isLive).toBe(false);
  redis.pass(LIFETIME_SECONDS);
  expect(source.isLive).toBe(false);
  redis.pass(10);
  expect(source.isLive).toBe(true);
  redis.emit('close');
  redis.pass(LIFETIME_SECONDS);
  expect(source.isLive).toBe(false);
  redis.pass(10);
  expect(source.isLive).toBe(true);
});

test('is not live two seconds after the last heartbeat, and live with the next, which the same connection brings', () => {
  const { redis, source } = create();
  redis.pass(LIFETIME_SECONDS + 10);
  jest.advanceTimersByTime(1_400);
  expect(source.isLive).toBe(true);
  jest.advanceTimersByTime(600);
  expect(source.isLive).toBe(false);
  redis.pass(1);
  expect(source.isLive).toBe(true);
});

test('subscribes whenever the connection is there again, and serves one verifier', () => {
  const { redis, source } = create();
  redis.emit('ready');
  expect(redis.subscribed).toHaveLength(2);
  expect(() => source.start({ onRevocation: () => undefined, onKeys: () => undefined })).toThrow(
    'one verifier',
  );
});

test('takes the longest lifetime that is announced, unless it is told another', () => {
  const redis = new HeldRedis();
  const source = redisRevocations({ redis: redis as unknown as RedisSubscriber });
  source.start({ onRevocation: () => undefined, onKeys: () => undefined });
  redis.say('auth:issuers', { verifies: [], ttlSeconds: 900 });
  redis.pass(310);
  expect(source.isLive).toBe(false);
  redis.pass(600);
  expect(source.isLive).toBe(true);
});

test('hears revocations and keys, and nothing else that anyone may publish', () => {
  const { redis, heard, keys } = create();
  const until = new Date(300_000).toISOString();
  redis.say('auth:revocations', { data: { id: 'a', notBefore: null, until } });
  redis.say('auth:revocations', { data: { id: 'b', notBefore: until, until } });
  for (const wrong of [
    'no json',
    'null',
    '7',
    { data: null },
    { data: { id: 7, notBefore: null, until } },
    { data: { id: 'c', notBefore: 'soon', until } },
    { data: { id: 'c', notBefore: null } },
  ])
    redis.say('auth:revocations', wrong);
  redis.say('auth:issuers', { verifies: ['k1', 'k2'] });
  redis.say('auth:issuers', { verifies: 'k1' });
  expect(heard).toEqual([
    { id: 'a', notBefore: Number.POSITIVE_INFINITY, until: 300_000 },
    { id: 'b', notBefore: 300_000, until: 300_000 },
  ]);
  expect(keys).toEqual([['k1', 'k2']]);
});

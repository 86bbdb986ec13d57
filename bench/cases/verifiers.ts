import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import {
  createVerifier,
  redisRevocations,
  streamedRevocations,
  type Verifier,
} from '../../packages/verifier/src/index.ts';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';
import { freePort } from '../../test/support/free-port.ts';
import { RedisServer } from '../../test/support/redis-server.ts';
import { BuiltServer } from '../lib/built-server.ts';
import type { Case, Row } from '../lib/case.ts';
import { createToken, graphql, login, signup } from '../lib/client.ts';
import { percentile, timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';
import { createServiceClient } from '../lib/service-client.ts';

const TIMES = 5;
const TOKENS = 50;
const EMAIL = 'verifiers@example.com';

/** By from where they hear. */
type Listening = Readonly<Record<string, Verifier>>;

/** How soon the verifiers of other services know that a token was revoked or a key dropped, that Latchkey is away or back, that Redis is frozen. */
export const verifiers: Case = async ({ createDatabase }) => {
  const redis = await RedisServer.start();
  const env = {
    ...production(await createDatabase()),
    PORT: String(await freePort()),
    REDIS_URL: redis.url,
  };
  const latchkey = new RestartedServer(env);
  try {
    await latchkey.start();
    const url = `http://127.0.0.1:${env.PORT}`;
    const common = {
      issuer: env.JWT_ISSUER,
      audience: env.JWT_AUDIENCE,
      jwksUrl: `${url}/.well-known/jwks.json`,
      exchangeUrl: `${url}/oauth/token`,
    };
    const client = await createServiceClient(env);
    const asked: string[] = [];
    const streamed = createVerifier({
      ...common,
      revocations: streamedRevocations({ url: `${url}/revocations`, ...client }),
      fetch: (input, init) => {
        asked.push(String(input));
        return fetch(input, init);
      },
    });
    const byRedis = createVerifier({
      ...common,
      // It is live sooner than with the lifetime of five minutes.
      revocations: redisRevocations({ redis: new Redis(redis.url), tokenLifetimeSeconds: 1 }),
    });
    await signup(url, EMAIL);
    await until(() => streamed.guarantee === 'live' && byRedis.guarantee === 'live');
    try {
      const listening = { 'from Latchkey': streamed, 'from Redis': byRedis };
      return [
        ...(await tokensRevoked(url, listening)),
        ...(await keysDropped(latchkey, url, listening)),
        ...(await latchkeyKilled(latchkey, url, streamed, asked)),
        await redisFrozen(redis, byRedis),
      ];
    } finally {
      await Promise.all([streamed.close(), byRedis.close()]);
    }
  } finally {
    await latchkey.stop('SIGTERM');
    await redis.kill();
  }
};

async function tokensRevoked(url: string, listening: Listening): Promise<Row[]> {
  const { accessToken } = await login(url, EMAIL);
  const delays = await untilRefused(listening, TOKENS, async () => {
    const token = await createToken(url, accessToken, ['profile:read']);
    const revoke = `mutation { revokeLeakedToken(input: { token: "${token}" }) { __typename } }`;
    return { token, act: () => graphql(url, revoke) };
  });
  return [...delays].map(([name, ms]) => ({
    what: `a revoked personal access token is refused by a verifier that hears ${name}, max`,
    value: Math.max(...ms),
    unit: 'ms',
    atMost: 1_000,
    raw: `${TOKENS} times: p50 ${percentile(ms, 50).toFixed(1)} ms after the answer`,
  }));
}

async function keysDropped(latchkey: RestartedServer, url: string, listening: Listening): Promise<Row[]> {
  const delays = await untilRefused(listening, TIMES, async () => {
    const { accessToken: token } = await login(url, EMAIL);
    const restart = async () => {
      await latchkey.stop('SIGTERM');
      await latchkey.start({ JWT_PRIVATE_KEY: generateSigningKeyPem() });
    };
    return { token, act: restart };
  });
  return [...delays].map(([name, ms]) => ({
    what: `a key that was dropped at once is refused by a verifier that hears ${name}, max`,
    value: Math.max(...ms),
    unit: 'ms',
    atMost: 1_000,
    raw: `${TIMES} times: ${inMs(ms)} after the server with another key serves`,
  }));
}

/** How long each verifier takes to refuse a token after what revokes it, in milliseconds, each time. */
async function untilRefused(
  listening: Listening,
  times: number,
  prepare: () => Promise<{ token: string; act: () => Promise<unknown> }>,
): Promise<ReadonlyMap<string, number[]>> {
  const delays = new Map<string, number[]>(Object.keys(listening).map((name) => [name, []]));
  for (let i = 0; i < times; i += 1) {
    const { token, act } = await prepare();
    for (const verifier of Object.values(listening)) await until(() => isAccepted(verifier, token));
    await act();
    const doneAt = performance.now();
    await Promise.all(
      Object.entries(listening).map(async ([name, verifier]) => {
        await until(async () => !(await isAccepted(verifier, token)));
        delays.get(name)?.push(performance.now() - doneAt);
      }),
    );
  }
  return delays;
}

/** The verifier asks Latchkey about each personal access token that it does not know. */
async function latchkeyKilled(
  latchkey: RestartedServer,
  url: string,
  verifier: Verifier,
  asked: string[],
): Promise<Row[]> {
  const questions: number[] = [];
  const recoveries: number[] = [];
  let refused = 0;
  for (let i = 0; i < TIMES; i += 1) {
    const { accessToken } = await login(url, EMAIL);
    const token = await createToken(url, accessToken, ['profile:read']);
    await until(() => isAccepted(verifier, accessToken));
    await latchkey.stop('SIGKILL');
    asked.length = 0;
    for (let call = 0; call < 100; call += 1) {
      if (await isAccepted(verifier, token)) throw new Error('a token was accepted that nobody vouched for');
      if (!(await isAccepted(verifier, accessToken))) refused += 1;
    }
    questions.push(asked.filter((address) => address.endsWith('/oauth/token')).length);
    await latchkey.start();
    recoveries.push(await timed(() => until(() => isAccepted(verifier, token))));
  }
  const raw = `${TIMES} times killed, and 100 times verified meanwhile`;
  return [
    {
      what: 'access tokens of sessions that a verifier refused while Latchkey was away',
      value: refused,
      unit: 'count',
      atMost: 0,
      raw,
    },
    {
      what: 'questions to Latchkey until the verifier stops to ask, max',
      value: Math.max(...questions),
      unit: 'count',
      atMost: 5,
      raw,
    },
    {
      what: 'Latchkey serves again until a verifier accepts a personal access token, max',
      value: Math.max(...recoveries),
      unit: 'ms',
      atMost: 5_000,
      raw: `${TIMES} times: ${inMs(recoveries)}`,
    },
  ];
}

async function redisFrozen(redis: RedisServer, verifier: Verifier): Promise<Row> {
  const delays: number[] = [];
  for (let i = 0; i < TIMES; i += 1) {
    await until(() => verifier.guarantee === 'live');
    redis.freeze();
    delays.push(await timed(() => until(() => verifier.guarantee === 'expiry-only')));
    redis.thaw();
  }
  return {
    what: 'Redis is frozen until a verifier that listens to it says `expiry-only`, max',
    value: Math.max(...delays),
    unit: 'ms',
    atMost: 2_000,
    raw: `${TIMES} times: ${inMs(delays)}`,
  };
}

/** The compiled server on one port, each time with the settings of before and these. */
class RestartedServer {
  #env: Readonly<Record<string, string>>;
  #server: BuiltServer | null = null;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#env = { ...this.#env, ...env };
    this.#server = await BuiltServer.start(this.#env);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#server?.stop(signal);
    this.#server = null;
  }
}

async function isAccepted(verifier: Verifier, token: string): Promise<boolean> {
  return (await verifier.verify(`Bearer ${token}`)).kind === 'principal';
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(1);
}

const inMs = (delays: readonly number[]) => `${delays.map((delay) => delay.toFixed(0)).join(', ')} ms`;

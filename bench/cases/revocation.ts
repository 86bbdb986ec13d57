import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createVerifier, streamedRevocations } from '../../packages/verifier/src/index.ts';
import type { Case, Row } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { createToken, graphql, login, signup } from '../lib/client.ts';
import { percentile } from '../lib/load.ts';
import { production } from '../lib/production.ts';
import { createServiceClient } from '../lib/service-client.ts';

const TIMES = 200;
const EVENTS = 50;
const VERIFIED = 500;

/** How long it takes until another instance, or another service, knows what happened on one. */
export const revocation: Case = async ({ createDatabase, redisUrl }) => {
  const databaseUrl = await createDatabase();
  const env = {
    ...production(databaseUrl),
    REDIS_URL: redisUrl,
    MAX_SESSIONS_PER_USER: '100',
  };
  const program = new URL('../lib/latchkey.ts', import.meta.url);
  const [a, b] = [await Child.start(program, env), await Child.start(program, env)];
  try {
    return [
      rowOf('revocation seen on another instance, p99', 250, await sessionsRevoked(a.url, b.url)),
      rowOf(
        'revoked personal access token seen on another instance, p99',
        1_000,
        await tokensRevoked(a.url, b.url),
      ),
      rowOf('event of another process published, p99', 1_500, await eventsLeft(databaseUrl, redisUrl)),
      rowOf(
        'revocation seen by a verifier of another process, from Latchkey, p99',
        50,
        await seenByVerifier(a.url, b.url, env),
      ),
    ];
  } finally {
    await Promise.all([a.stop(), b.stop()]);
  }
};

async function sessionsRevoked(here: string, there: string): Promise<number[]> {
  const { accessToken: owner } = await signup(here, 'revocation@example.com');
  return measure(TIMES, async () => {
    const { accessToken, session } = await login(here, 'revocation@example.com');
    await graphql(there, '{ me { id } }', { token: accessToken });
    const end = `mutation { terminateSession(id: "${session.id}") { ... on SessionsTerminated { count } } }`;
    await graphql(here, end, { token: owner });
    return () => isRefused(there, accessToken);
  });
}

async function tokensRevoked(here: string, there: string): Promise<number[]> {
  const { accessToken } = await signup(here, 'tokens@example.com');
  return measure(TIMES, async () => {
    const token = await createToken(here, accessToken, ['profile:read']);
    await graphql(there, '{ me { id } }', { token });
    await graphql(here, `mutation { revokeLeakedToken(input: { token: "${token}" }) { __typename } }`);
    return () => isRefused(there, token);
  });
}

/** By a service that hears of revocations from one instance, while sessions end on another. */
async function seenByVerifier(
  here: string,
  there: string,
  env: Readonly<Record<string, string>>,
): Promise<number[]> {
  const client = await createServiceClient(env);
  const verifier = createVerifier({
    issuer: env['JWT_ISSUER'] ?? '',
    audience: env['JWT_AUDIENCE'] ?? 'latchkey',
    jwksUrl: `${there}/.well-known/jwks.json`,
    revocations: streamedRevocations({ url: `${there}/revocations`, ...client }),
  });
  const { accessToken: owner } = await signup(here, 'verifier@example.com');
  const kindOf = async (token: string) => {
    // Lets what has arrived be read.
    await turn();
    return (await verifier.verify(`Bearer ${token}`)).kind;
  };
  try {
    while (verifier.guarantee !== 'live') await turn();
    return await measure(VERIFIED, async () => {
      const { accessToken, session } = await login(here, 'verifier@example.com');
      if ((await kindOf(accessToken)) !== 'principal') throw new Error('a valid token is refused');
      const end = `mutation { terminateSession(id: "${session.id}") { ... on SessionsTerminated { count } } }`;
      await graphql(here, end, { token: owner });
      return async () => (await kindOf(accessToken)) === 'refused';
    });
  } finally {
    await verifier.close();
  }
}

/** Events as a command leaves them, which publishes nothing: one that an instance finds in the outbox. */
async function eventsLeft(databaseUrl: string, redisUrl: string): Promise<number[]> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const redis = new Redis(redisUrl);
  const heard = new Set<string>();
  redis.on('message', (_channel, message: string) => heard.add(JSON.parse(message).id));
  await redis.subscribe('auth:session.activity_updated');
  try {
    return await measure(EVENTS, async () => {
      const { rows } = await database.query<{ event_id: string }>(LEAVE_EVENT);
      return async () => {
        await redis.ping();
        return heard.has(rows[0]?.event_id ?? '');
      };
    });
  } finally {
    redis.disconnect();
    await database.end();
  }
}

const LEAVE_EVENT = `
  WITH recorded AS (
    INSERT INTO events (id, type, outcome, data, kept)
    SELECT gen_random_uuid(), 'session.activity_updated', 'SUCCESS',
           jsonb_build_object('userId', gen_random_uuid(), 'sessionId', gen_random_uuid()), false
    RETURNING id
  )
  INSERT INTO event_outbox (event_id) SELECT id FROM recorded RETURNING event_id`;

/** `act` resolves when it is done, with what tells whether the others know. In milliseconds, each time. */
async function measure(times: number, act: () => Promise<() => Promise<boolean>>): Promise<number[]> {
  const delays: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const isKnown = await act();
    const doneAt = performance.now();
    while (!(await isKnown()));
    delays.push(performance.now() - doneAt);
  }
  return delays;
}

const isRefused = (url: string, token: string) =>
  graphql(url, '{ me { id } }', { token }).then(
    () => false,
    () => true,
  );

function rowOf(what: string, atMost: number, delays: readonly number[]): Row {
  const [p50, max] = [percentile([...delays], 50), Math.max(...delays)];
  const raw = `${delays.length} times: p50 ${p50.toFixed(1)} ms, max ${max.toFixed(1)} ms after the answer`;
  return { what, value: percentile([...delays], 99), unit: 'ms', atMost, raw };
}

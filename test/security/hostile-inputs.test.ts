import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Child } from '../../bench/lib/child.ts';
import { partOf } from '../support/amounts.ts';
import { LOGIN, ME, newAccount, PASSWORD, SIGNUP } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { bodyOf, hostileBodies } from '../support/hostile/bodies.ts';
import { hostileDocuments } from '../support/hostile/documents.ts';
import { frame, hostileFrames } from '../support/hostile/frames.ts';
import { hostileHeads } from '../support/hostile/headers.ts';
import type { Place } from '../support/hostile/places.ts';
import { HostileSocket } from '../support/hostile/sockets.ts';
import { HUGE, HUGE_ON_WEBSOCKET } from '../support/hostile/values.ts';
import { exchange, isRefusal, isRefusalText, postMessage } from '../support/hostile/wire.ts';
import { type HostileOperation, hostileOperations, places } from '../support/hostile-inputs.ts';
import { post } from '../support/http.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

/** What a refusal may cost, in milliseconds of CPU of the server's whole process, its threads included. */
const MOST_CPU_MS = 50;
/** What an answer may cost that is about as large as the limits allow, and no refusal. */
const MOST_CPU_OF_ANSWER_MS = 150;
const LARGE_ANSWER = 50_000;
/** In megabytes, for a thousand requests that are all different. */
const MOST_GROWTH_MB = 10;
/** Rounds of a thousand requests in which memory may grow by more. */
const MOST_ROUNDS = 4;
/** An open stream says nothing: it is taken for accepted after this long, in milliseconds. */
const QUIET_MS = 200;
/** The same where a refusal is due: a busy machine may take that long to send it. */
const QUIET_BEFORE_REFUSAL_MS = 10_000;

/** The inputs of one test are given up after this long, in milliseconds, before the test itself times out. */
const GIVE_UP_MS = 160_000;

const PING = frame('{"type":"ping"}');

const ROUTER_SECRET = randomBytes(24).toString('base64url');
/** In a process of its own, so that its CPU is its own. */
let latchkey: Child;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let userId: string;
let accessToken: string;
const account = newAccount();

// As in production, but for the hash: it is meant to be dear, and runs beside the event loop. The caller may do anything, so
// that no refusal comes before the values are read.
beforeAll(async () => {
  database = await createTestDatabase();
  latchkey = await Child.start(new URL('../../bench/lib/latchkey.ts', import.meta.url), {
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: database.url,
    ...newSecrets(),
    BCRYPT_COST: '4',
    HASH_WORKERS: '1',
    PUBLIC_URL: 'https://auth.example.com',
    CORS_ORIGIN: 'https://app.example.com',
    TRUSTED_PROXIES: '127.0.0.1',
    ROUTER_SECRET,
    MAX_SESSIONS_PER_USER: '30',
  });
  const answer = await ask(SIGNUP, { input: account }, { 'x-router-secret': ROUTER_SECRET });
  userId = answer.signup.user.id;
  await runSql(database.url, "UPDATE users SET roles = '{user,admin}' WHERE id = $1", [userId]);
  for (let i = 0; i < 20; i += 1) await signIn();
});
afterAll(async () => {
  await latchkey?.stop();
  await database?.drop();
});

const cpuMs = async () => (await latchkey.ask<{ cpuMs: number }>('cpu')).cpuMs;

const headers = () => ({ 'x-router-secret': ROUTER_SECRET, authorization: `Bearer ${accessToken}` });

async function ask(query: string, variables: object, given: Record<string, string> = headers()) {
  const { json } = await post(latchkey.url, JSON.stringify({ query, variables }), given);
  if (json?.errors) throw new Error(JSON.stringify(json));
  return json.data;
}

async function signIn(): Promise<void> {
  const input = { identifier: account.email, password: PASSWORD };
  const { login } = await ask(LOGIN, { input }, { 'x-router-secret': ROUTER_SECRET });
  accessToken = login.accessToken;
}

async function expectAnswered(): Promise<void> {
  await signInIfEnded();
  expect((await ask(ME, {})).me.id).toBe(userId);
}

/** An accepted mutation may have ended the session: true where it had. */
async function signInIfEnded(): Promise<boolean> {
  const { json } = await post(latchkey.url, JSON.stringify({ query: ME }), headers());
  const hasEnded = json.errors?.[0].extensions.code === 'UNAUTHENTICATED';
  if (hasEnded) await signIn();
  return hasEnded;
}

interface Attempt {
  readonly refused: boolean;
  readonly text: string;
  readonly status?: number;
}

/**
 * What is wrong with how a hostile input was answered; null when nothing is. The least of twenty attempts counts: garbage
 * collection and compilation fall on whichever request is there.
 */
async function offence(name: string, mustBeRefused: boolean, send: () => Promise<() => Promise<Attempt>>) {
  let least = Number.POSITIVE_INFINITY;
  let first: Attempt | null = null;
  for (let attempt = 0; attempt < 20 && isUndecided(least); attempt += 1) {
    const prepared = await send();
    const before = await cpuMs();
    const answer = await prepared();
    const spent = (await cpuMs()) - before;
    // Then it was not read: it is sent again.
    if (attempt === 0 && answer.text.includes('UNAUTHENTICATED') && (await signInIfEnded())) continue;
    first ??= answer;
    least = Math.min(least, spent);
  }
  const isAnswer = first !== null && (!first.refused || first.text.length > LARGE_ANSWER);
  if (least >= (isAnswer ? MOST_CPU_OF_ANSWER_MS : MOST_CPU_MS))
    return `${name}: ${least.toFixed(0)} ms of CPU`;
  if (first === null) return null;
  const { status = 0, text, refused } = first;
  if (status >= 500 || /INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE/.test(text)) {
    return `${name}: answered by ${status}, ${text.slice(-300)}`;
  }
  return mustBeRefused && !refused ? `${name}: accepted, ${text.slice(-300)}` : null;
}

/** A request that costs ten times too much does so again. */
function isUndecided(leastMs: number): boolean {
  return leastMs === Number.POSITIVE_INFINITY || (leastMs >= MOST_CPU_MS && leastMs < 10 * MOST_CPU_MS);
}

async function offences<Input>(
  inputs: readonly Input[],
  offenceOf: (input: Input) => Promise<string | null>,
): Promise<string[]> {
  const found: string[] = [];
  const startedAt = performance.now();
  for (const [i, input] of inputs.entries()) {
    // A test that times out goes on beside the next, whose figures would then be wrong.
    if (performance.now() - startedAt > GIVE_UP_MS)
      return [...found, `${inputs.length - i} more were not tried`];
    const one = await offenceOf(input);
    if (one !== null) found.push(one);
  }
  return found;
}

const byHttp = ({ name, mustBeRefused, kind, operation }: HostileOperation) =>
  offence(name, mustBeRefused || kind === 'subscription', async () => {
    const message = postMessage(bodyOf(operation()), headers());
    return () => answered(message);
  });

const byEvents = ({ name, mustBeRefused, kind, operation }: HostileOperation) => {
  const refusalDue = mustBeRefused || kind !== 'subscription';
  return offence(name, refusalDue, async () => {
    const message = postMessage(bodyOf(operation()), { ...headers(), accept: 'text/event-stream' });
    return () => answered(message, quietMs(refusalDue));
  });
};

const quietMs = (refusalDue: boolean) => (refusalDue ? QUIET_BEFORE_REFUSAL_MS : QUIET_MS);

async function answered(message: Buffer, quietMs?: number): Promise<Attempt> {
  const answer = await exchange({ url: latchkey.url }, message, quietMs === undefined ? {} : { quietMs });
  return { ...answer, refused: isRefusal(answer) };
}

function bySocket(socket: HostileSocket) {
  return ({ name, mustBeRefused, kind, operation }: HostileOperation) => {
    const refusalDue = mustBeRefused || kind !== 'subscription';
    return offence(name, refusalDue, async () => {
      await socket.ready();
      const { bytes, enough, complete } = socket.prepare(operation());
      return async () => {
        const text = await socket.send(bytes, enough, quietMs(refusalDue));
        const refused = socket.closed || isRefusalText(text);
        if (!refused) await socket.send(complete, () => true, QUIET_MS);
        return { text, refused };
      };
    });
  };
}

const eachPlace = places.map((place) => [place.name, place] as const);

/** On a stream whatever is no subscription is refused, whatever its values: by day each place sends another tenth of them. */
const onStream = (place: Place, bytes: number) => {
  const operations = hostileOperations(place, bytes);
  return place.kind === 'subscription' ? operations : partOf(operations, 10, places.indexOf(place));
};

/** By day each place sends a quarter of the values, its neighbours the others. */
const byRequest = (place: Place) => partOf(hostileOperations(place, HUGE), 4, places.indexOf(place));

const documents = (bytes: number): HostileOperation[] =>
  hostileDocuments({ bytes, userId }).map(({ name, query, variables, mustBeRefused }) => ({
    name,
    kind: query.startsWith('subscription') ? 'subscription' : 'query',
    mustBeRefused,
    operation: () => ({ query, variables }),
  }));

describe('by HTTP, each costs less than 50 ms of CPU and is refused where it must be:', () => {
  test.each(eachPlace)('%s', async (_name, place) => {
    expect(await offences(byRequest(place), byHttp)).toEqual([]);
    await expectAnswered();
  });

  test('documents', async () => {
    expect(await offences(documents(HUGE), byHttp)).toEqual([]);
    await expectAnswered();
  });

  test('bodies', async () => {
    const found = await offences(hostileBodies(), ({ name, body, mustBeRefused }) =>
      offence(name, mustBeRefused, async () => {
        const message = postMessage(body, headers());
        return () => answered(message);
      }),
    );
    expect(found).toEqual([]);
    await expectAnswered();
  });

  test('headers, targets and ways to send a body', async () => {
    const found = await offences(hostileHeads(headers()), ({ name, message }) =>
      offence(name, false, async () => () => answered(message, QUIET_MS)),
    );
    expect(found).toEqual([]);
    await expectAnswered();
  });
});

describe('by server-sent events, each costs less than 50 ms of CPU and is refused where it must be:', () => {
  test.each(eachPlace)('%s', async (_name, place) => {
    expect(await offences(onStream(place, HUGE), byEvents)).toEqual([]);
    await expectAnswered();
  });

  test('documents', async () => {
    expect(await offences(documents(HUGE), byEvents)).toEqual([]);
    await expectAnswered();
  });
});

describe('by WebSocket, each costs less than 50 ms of CPU and is refused where it must be:', () => {
  let socket: HostileSocket;
  beforeAll(() => {
    socket = new HostileSocket({ url: latchkey.url }, headers);
  });
  afterAll(() => socket?.close());

  test.each(eachPlace)('%s', async (_name, place) => {
    expect(await offences(onStream(place, HUGE_ON_WEBSOCKET), bySocket(socket))).toEqual([]);
    await expectAnswered();
  });

  test('documents', async () => {
    expect(await offences(documents(HUGE_ON_WEBSOCKET), bySocket(socket))).toEqual([]);
    await expectAnswered();
  });

  test('messages and frames', async () => {
    const found = await offences(hostileFrames(), ({ name, bytes, afterInit }) =>
      offence(name, false, async () => {
        socket.close();
        await socket.ready({ initialised: afterInit });
        // Whatever is said or left unsaid: the ping's answer shows that the server is past it.
        const all = Buffer.concat([bytes, PING]);
        return async () => ({
          text: await socket.send(all, (text) => text.includes('"pong"'), QUIET_MS),
          refused: true,
        });
      }),
    );
    expect(found).toEqual([]);
    await expectAnswered();
  });
});

test('memory is flat after a thousand of them', async () => {
  const operations = [...documents(HUGE), ...places.flatMap((place) => hostileOperations(place, HUGE))];
  const startedAt = performance.now();
  const send = async (first: number) => {
    for (let i = 0; i < 1_000; i += 1) {
      if (performance.now() - startedAt > GIVE_UP_MS) throw new Error(`only ${first * 1_000 + i} were sent`);
      const { operation } = operations[(first + 2 * i) % operations.length] as HostileOperation;
      await answered(postMessage(bodyOf(operation()), headers()));
    }
  };
  await send(0);
  // The engine compiles while they are sent, and caches fill. What is kept of each request adds to every round.
  const growths: number[] = [];
  do {
    const before = await heapMb();
    await send(growths.length + 1);
    growths.push((await heapMb()) - before);
  } while (growths.length < MOST_ROUNDS && Math.min(...growths) >= MOST_GROWTH_MB);
  expect(Math.min(...growths)).toBeLessThan(MOST_GROWTH_MB);
  await expectAnswered();
});

/** After a garbage collection. */
const heapMb = async () => (await latchkey.ask<{ heapMb: number }>('heap')).heapMb;

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { LOST_REPLIES } from '../support/amounts.ts';
import { useTestApp } from '../support/app.ts';
import { type Answer, GraphQLClient } from '../support/client.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { LossyEdge } from '../support/lossy-edge.ts';
import { bearing } from '../support/personal-access-tokens.ts';
import { idempotentByNature, kept, type Prepared } from '../support/repeated-mutations.ts';
import { sampleFields } from '../support/sample-operations.ts';
import { expectSignedIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

jest.setTimeout(180_000 + LOST_REPLIES * 2_000);

/** Fewer than the app's connections to the database. */
const AT_ONCE = 4;

const latchkey = useTestApp({ env: { RATE_LIMITS: 'off' } });
let edge: LossyEdge;
beforeAll(async () => {
  edge = await LossyEdge.start(() => latchkey.url);
});
afterAll(() => edge.stop());

test('every mutation keeps its outcome, or is idempotent by nature', () => {
  const named = [...Object.keys(kept), ...Object.keys(idempotentByNature)];
  expect(named.sort()).toEqual(
    sampleFields('Mutation')
      .map(({ name }) => name)
      .sort(),
  );
});

const cases = [
  ...Object.entries(kept),
  ...Object.entries(idempotentByNature).map(([name, { prepare }]) => [name, prepare] as const),
];

describe('a client that loses answers and repeats its request gets the first outcome', () => {
  test.each(cases)('%s', async (_name, prepare) => {
    for (let i = 0; i < LOST_REPLIES; i += 1) {
      const { client, query, variables, signedIn = [], recorded } = await prepare(latchkey);
      const losses = 1 + (i % 5);
      edge.lose(losses);
      const answer = await sendUntilAnswered(behindEdge(client), query, variables);
      const outcomes = [...edge.lost.map((body) => JSON.parse(body) as Answer), answer].map(
        withoutAccessToken,
      );
      expect(answer.errors).toEqual([]);
      expect(outcomes).toEqual(Array.from({ length: losses + 1 }, () => outcomes[0]));
      await expectGoodTokens(answer);
      await expectSignedIn(...signedIn);
      await expectRecordedOnce(recorded);
    }
  });
});

describe('of requests with one key at once one takes effect, and all get its outcome', () => {
  test.each(Object.entries(kept))('%s', async (_name, prepare) => {
    const { client, query, variables, signedIn = [], recorded } = await prepare(latchkey);
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await afterWaiting(AT_ONCE, () => client.send(query, variables, headers));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    const [first, ...others] = answers.map(withoutAccessToken);
    expect(others).toEqual(others.map(() => first));
    for (const answer of answers) await expectGoodTokens(answer);
    await expectSignedIn(...signedIn);
    await expectRecordedOnce(recorded);
  });
});

/** Sends requests that all wait for a lock before the first of them can take effect. */
async function afterWaiting(count: number, send: () => Promise<Answer>): Promise<Answer[]> {
  const holder = new Client({ connectionString: latchkey.databaseUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    // Reading goes on.
    await holder.query('LOCK TABLE users, sessions IN EXCLUSIVE MODE');
    const answers = Promise.all(Array.from({ length: count }, send));
    await untilLockWaits(latchkey.databaseUrl, count);
    await holder.query('COMMIT');
    return await answers;
  } finally {
    await holder.end();
  }
}

/** The plain loop of a client: the same headers and body, until there is an answer. */
async function sendUntilAnswered(client: GraphQLClient, query: string, variables: object | undefined) {
  const headers = { 'idempotency-key': randomUUID() };
  for (;;) {
    try {
      return await client.send(query, variables, headers);
    } catch (error) {
      expect(String(error)).toContain('fetch failed');
    }
  }
}

function behindEdge({ accessToken, refreshToken }: GraphQLClient): GraphQLClient {
  return Object.assign(new GraphQLClient(edge.url), { accessToken, refreshToken });
}

/** The only field of an answer. Access tokens are signed anew. */
function withoutAccessToken({ data }: Answer) {
  const [outcome] = Object.values(data) as Record<string, unknown>[];
  const { accessToken: _, accessTokenExpiresAt: __, ...rest } = outcome ?? {};
  return rest;
}

async function expectGoodTokens({ data }: Answer): Promise<void> {
  const [{ __typename, ...outcome }] = Object.values(data) as [Record<string, string>];
  if (__typename === 'Authentication') {
    const { accessToken = '', refreshToken = '' } = outcome;
    await expectSignedIn(Object.assign(latchkey.client(), { accessToken, refreshToken }));
  }
  if (__typename === 'PersonalAccessTokenCreated')
    expect((await bearing(latchkey, outcome['token'] ?? '').data('{ me { id } }')).me).not.toBeNull();
}

async function expectRecordedOnce(recorded: Prepared['recorded']): Promise<void> {
  if (recorded === undefined) return;
  const sql = 'SELECT FROM events WHERE type = $1 AND subject_id = $2';
  expect(await runSql(latchkey.databaseUrl, sql, [recorded.type, recorded.userId])).toHaveLength(1);
}

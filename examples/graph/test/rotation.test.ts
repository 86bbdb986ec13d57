import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createVerifier, streamedRevocations, type Verifier } from '../../../packages/verifier/src/index.ts';
import { generateSigningKeyPem } from '../../../src/core/signing-key.ts';
import {
  ANSWERS_PER_STEP,
  NIGHTLY,
  ROTATED_REQUESTS_PER_SECOND,
  ROTATIONS,
} from '../../../test/support/amounts.ts';
import { GraphQLClient } from '../../../test/support/client.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { inParallel } from '../../../test/support/in-parallel.ts';
import { judged } from '../../../test/support/judged.ts';
import { keyIdsAt, signerOf } from '../../../test/support/key-ids.ts';
import { describeWithRedis } from '../../../test/support/redis.ts';
import { makeClient } from '../../../test/support/service-clients.ts';
import { runSql } from '../../../test/support/sql.ts';
import { newAccount } from './support/graph.ts';
import { ReplicatedGraph } from './support/replicated-graph.ts';
import { SteadyLoad } from './support/steady-load.ts';

jest.setTimeout(1_800_000);

/** People who are signed in. */
const CLIENTS = 40;

/** Access tokens live longer. */
const REFRESH_AFTER_MS = 4_000;

describeWithRedis('two instances behind a gateway that refuses tokens whose key it does not know', () => {
  let keys = generateSigningKeyPem();
  let graph: ReplicatedGraph;
  let clients: GraphQLClient[];

  beforeAll(async () => {
    graph = await ReplicatedGraph.start(keys, 'test/support/polling-gateway.config.ts');
    clients = Array.from({ length: CLIENTS }, () => new GraphQLClient(graph.url));
    await inParallel(clients, (client) => client.signup(newAccount()));
  });
  afterAll(() => graph?.stop());

  test(`${ROTATIONS} rotations by the documented steps, at up to ${ROTATED_REQUESTS_PER_SECOND} requests a second: none is refused`, async () => {
    const load = new SteadyLoad({
      clients,
      requestsPerSecond: ROTATED_REQUESTS_PER_SECOND,
      refreshAfterMs: REFRESH_AFTER_MS,
    });
    /** Resolves when these keys have been in force for a while. */
    const deploy = async (list: string) => {
      await graph.deploy(list);
      const { answered } = load;
      await eventually(async () => load.answered >= answered + ANSWERS_PER_STEP);
    };
    try {
      for (let i = 0; i < ROTATIONS; i += 1) {
        const [old, next] = [keys, generateSigningKeyPem()];
        await deploy(old + next);
        const published = await keyIdsAt(graph.authUrl);
        expect(published).toHaveLength(2);
        // The gateway polls; the tasks hear from Redis that there is another key.
        const fetched = graph.keysFetched;
        await eventually(async () => graph.keysFetched >= fetched + 2);
        await deploy(next + old);
        expect(await keyIdsAt(graph.authUrl)).toEqual(published.toReversed());
        // No token of the old key is left.
        await eventually(async () => clients.every((client) => signerOf(client) === published[1]));
        await deploy(next);
        keys = next;
        expect(load.failures).toEqual([]);
      }
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThan(ROTATIONS * CLIENTS);
    if (NIGHTLY) process.stdout.write(`${load.answered} answers in ${load.seconds.toFixed(0)} seconds\n`);
  });

  test('a key that is dropped at once: verifiers refuse its tokens, and everyone is back by a refresh', async () => {
    const verifier = await listen(graph);
    const accessTokens = clients.map(({ accessToken }) => String(accessToken));
    const sessions = await sessionIds(graph);
    try {
      for (const token of accessTokens) expect(await judged(verifier, token)).toBe('principal');
      keys = generateSigningKeyPem();
      await graph.deploy(keys);
      for (const token of accessTokens) {
        await eventually(async () => (await judged(verifier, token)) === 'invalid');
        await eventually(async () => (await codeFromTasks(graph, token)) === 'UNAUTHENTICATED');
      }
      for (const client of clients) {
        // With the old token, a gateway that refuses it would refuse the refresh too.
        client.accessToken = null;
        expect((await client.refresh()).__typename).toBe('Authentication');
        expect((await client.data('{ me { id tasks { id } } }')).me.tasks).toEqual([]);
        expect(await judged(verifier, String(client.accessToken))).toBe('principal');
      }
      expect(await sessionIds(graph)).toEqual(sessions);
    } finally {
      await verifier.close();
    }
  });
});

/** A service that verifies tokens, and hears of revocations and keys from Latchkey. */
async function listen({ env, authUrl, issuer }: ReplicatedGraph): Promise<Verifier> {
  const client = await makeClient({ databaseUrl: env['DATABASE_URL'] ?? '', env });
  const verifier = createVerifier({
    issuer,
    audience: 'latchkey',
    jwksUrl: `${authUrl}/.well-known/jwks.json`,
    revocations: streamedRevocations({
      url: `${authUrl}/revocations`,
      clientId: client.id,
      clientSecret: client.secret,
    }),
  });
  await eventually(async () => verifier.guarantee === 'live');
  return verifier;
}

/** The code by which the tasks refuse a token, past the gateway. */
async function codeFromTasks({ tasksUrl }: ReplicatedGraph, accessToken: string): Promise<unknown> {
  const client = Object.assign(new GraphQLClient(tasksUrl), { accessToken });
  return (await client.send('{ task(id: "none") { id } }')).errors[0]?.extensions['code'];
}

/** Those that have not ended. */
async function sessionIds({ env }: ReplicatedGraph): Promise<unknown[]> {
  const rows = await runSql(
    env['DATABASE_URL'] ?? '',
    'SELECT id FROM sessions WHERE ended_at IS NULL ORDER BY id',
  );
  return rows.map(({ id }) => id);
}

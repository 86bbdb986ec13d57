import { afterEach, expect, jest, test } from '@jest/globals';
import { GraphQLClient } from '../../../test/support/client.ts';
import { graph, signUp, type Visitor } from './support/graph.ts';
import { Relay } from './support/relay.ts';
import { startGateway } from './support/start-gateway.ts';
import type { RunningRouter } from './support/start-router.ts';

/** Of each test: ten thousand in all. */
const REQUESTS = 5_000;
const AT_A_TIME = 50;

/** Without it the gateway gives each request an id, and no two are identical. */
const SAME_ID = { 'x-request-id': 'the-same' };

jest.setTimeout(180_000);

let relay: Relay | null = null;
let gateway: RunningRouter | null = null;
afterEach(async () => {
  await gateway?.stop();
  await relay?.stop();
});

test.each([
  ['to subgraphs', 'gateway.config.ts'],
  ['from clients', 'test/support/deduplicating-gateway.config.ts'],
])(
  'a gateway that shares identical, concurrent requests %s never shares those of two users',
  async (_which, configuration) => {
    relay = await Relay.start(new URL(graph.authUrl).origin);
    gateway = await startGateway(configuration, { AUTH_URL: `${relay.url}/graphql` });
    const visitors = [await signUp(), await signUp()];
    const counted = relay.requestsTo('/graphql');
    const crossed = await askAtOnce(gateway.url, visitors);
    expect(crossed).toEqual([]);
    // Else nothing was shared, and nothing could have been crossed.
    expect(relay.requestsTo('/graphql') - counted).toBeLessThan(REQUESTS);
  },
);

/** Asks who one is, for each in turn, and returns the answers that are not about whoever asked. */
async function askAtOnce(url: string, visitors: readonly Visitor[]): Promise<unknown[]> {
  const crossed: unknown[] = [];
  let sent = 0;
  const askOn = async () => {
    while (sent < REQUESTS) {
      const visitor = visitors[sent++ % visitors.length] as Visitor;
      const client = Object.assign(new GraphQLClient(url), { accessToken: visitor.client.accessToken });
      const { data, errors } = await client.send('{ me { id email } }', {}, SAME_ID);
      const isRight = data?.me?.id === visitor.userId && data.me.email === visitor.account.email;
      if (!isRight) crossed.push({ asked: visitor.userId, data, errors });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, askOn));
  return crossed;
}

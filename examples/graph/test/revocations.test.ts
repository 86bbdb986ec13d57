import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GraphQLClient } from '../../../test/support/client.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { describeWithRedis, TestRedis } from '../../../test/support/redis.ts';
import { CREATE_TASK, LOGOUT, newAccount } from './support/graph.ts';
import { type RunningGraph, runGraph } from './support/run-graph.ts';

describeWithRedis('with Redis', () => {
  let redis: TestRedis;
  let graph: RunningGraph;

  beforeAll(async () => {
    redis = await TestRedis.start();
    graph = await runGraph({ REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await graph?.stop();
    await redis?.kill();
  });

  test('the other subgraph refuses the access token of a session that has ended, before it expires', async () => {
    const client = new GraphQLClient(graph.url);
    await client.signup(newAccount());
    await client.data(CREATE_TASK, { title: 'In time' });

    await client.data(LOGOUT);
    await eventually(async () => {
      const { errors } = await client.send(CREATE_TASK, { title: 'Too late' });
      return errors[0]?.extensions['code'] === 'UNAUTHENTICATED';
    });
  });

  test('and takes that of one that has not', async () => {
    const client = new GraphQLClient(graph.url);
    await client.signup(newAccount());
    expect((await client.data(CREATE_TASK, { title: 'In time' })).createTask.title).toBe('In time');
  });
});

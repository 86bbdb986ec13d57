import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GraphQLClient } from '../../../test/support/client.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { EXCHANGE, makeToken, mistyped, REVOKE_TOKEN } from '../../../test/support/personal-access-tokens.ts';
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

  test('the other subgraph does for a script what its token permits, until that is revoked', async () => {
    const client = new GraphQLClient(graph.url);
    await client.signup(newAccount());
    const script = async (...scopes: string[]) => {
      const { id, token } = await makeToken(client, ...scopes);
      const { exchangePersonalAccessToken } = await new GraphQLClient(graph.url).data(EXCHANGE, {
        input: { token },
      });
      const { accessToken } = exchangePersonalAccessToken;
      return { id, client: Object.assign(new GraphQLClient(graph.url), { accessToken }) };
    };
    const codeOf = async (caller: GraphQLClient) =>
      (await caller.send(CREATE_TASK, { title: 'By a script' })).errors[0]?.extensions['code'];

    const writer = await script('tasks:write');
    expect((await writer.client.data(CREATE_TASK, { title: 'By a script' })).createTask.title).toBe(
      'By a script',
    );
    const reader = await script('tasks:read', 'profile:read');
    expect(await codeOf(reader.client)).toBe('FORBIDDEN');
    const { me } = await reader.client.data('{ me { email tasks { title } } }');
    expect(me.tasks).toEqual([{ title: 'By a script' }]);

    await client.data(REVOKE_TOKEN, { id: writer.id });
    await eventually(async () => (await codeOf(writer.client)) === 'UNAUTHENTICATED');
  });

  test('the other subgraph takes a personal access token itself, until that is revoked', async () => {
    const client = new GraphQLClient(graph.url);
    await client.signup(newAccount());
    const codeOf = async (accessToken: string) => {
      const script = Object.assign(new GraphQLClient(graph.url), { accessToken });
      return (await script.send(CREATE_TASK, { title: 'By a script' })).errors[0]?.extensions['code'];
    };
    const { id, token } = await makeToken(client, 'tasks:write');
    expect(await codeOf(token)).toBeUndefined();
    expect(await codeOf((await makeToken(client, 'tasks:read')).token)).toBe('FORBIDDEN');
    expect(await codeOf(mistyped(token))).toBe('UNAUTHENTICATED');
    await client.data(REVOKE_TOKEN, { id });
    await eventually(async () => (await codeOf(token)) === 'UNAUTHENTICATED');
  });

  test('and takes that of one that has not', async () => {
    const client = new GraphQLClient(graph.url);
    await client.signup(newAccount());
    expect((await client.data(CREATE_TASK, { title: 'In time' })).createTask.title).toBe('In time');
  });
});

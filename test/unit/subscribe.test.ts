import { expect, test } from '@jest/globals';
import { buildSchema, type ExecutionResult, type GraphQLObjectType, parse } from 'graphql';
import { newId, type SessionId, type UserId } from '../../src/core/ids.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { ScopeName } from '../../src/core/scopes.ts';
import { subscribe } from '../../src/graphql/operations/subscribe.ts';
import { GraphQLContext, noCookie } from '../../src/graphql/request/context.ts';
import { Loaders } from '../../src/graphql/request/loaders.ts';
import { Refusals } from '../../src/graphql/request/refusals.ts';

const DOCUMENT = parse('subscription ($a: Int) { changed(a: $a) }');
const session = (over: Partial<Principal> = {}): Principal => ({
  kind: 'session',
  userId: newId<UserId>(),
  sessionId: SESSION,
  scopes: new Set<ScopeName>(['sessions:read', 'profile:read']),
  expiresAt: new Date(0),
  notBefore: null,
  ...(over as object),
});
const SESSION = newId<SessionId>();

test.each([
  ['of one credential', 1, {}],
  [
    'of one credential, its scopes in another order',
    1,
    { principal: session({ scopes: new Set<ScopeName>(['profile:read', 'sessions:read']) }) },
  ],
  ['of two sessions', 2, { principal: session({ sessionId: newId<SessionId>() }) }],
  [
    'of one session with other scopes',
    2,
    { principal: session({ scopes: new Set<ScopeName>(['sessions:read']) }) },
  ],
  [
    'that select something else',
    2,
    { document: parse('subscription ($a: Int) { changed(a: $a) __typename }') },
  ],
  ['with other variables', 2, { variableValues: { a: 2 } }],
  ['of callers without a credential', 2, { principal: null, both: true }],
] as const)('an event to two streams %s takes %d execution(s)', async (_streams, executions, other) => {
  const event = {};
  let executed = 0;
  const schema = buildSchema('type Query { a: Int } type Subscription { changed(a: Int): Int }');
  const { changed } = (schema.getSubscriptionType() as GraphQLObjectType).getFields();
  Object.assign(changed ?? {}, {
    subscribe: async function* () {
      yield event;
    },
    resolve: () => {
      executed += 1;
      return executed;
    },
  });
  const first = {
    principal: 'both' in other ? null : session(),
    document: DOCUMENT,
    variableValues: { a: 1 },
  };
  const results: unknown[] = [];
  for (const { principal, ...args } of [first, { ...first, ...other }]) {
    const stream = await subscribe(
      { schema, ...args, contextValue: contextOf(principal) },
      (result) => result,
    );
    results.push(await (stream as AsyncIterator<ExecutionResult>).next());
  }
  expect(executed).toBe(executions);
  expect(results).toMatchObject([
    { value: { data: { changed: 1 } } },
    { value: { data: { changed: executions } } },
  ]);
});

function contextOf(principal: Principal | null): GraphQLContext {
  return new GraphQLContext({
    origin: { requestId: null, ipAddress: null, userAgent: null },
    credential: principal === null ? { kind: 'none' } : { kind: 'accepted', principal },
    refreshCookie: noCookie,
    deviceCookie: noCookie,
    idempotencyKey: { kind: 'none' },
    idempotency: { once: (_request, work) => work() },
    loaders: new Loaders({ kind: 'anonymous' }),
    refusals: new Refusals(),
  });
}

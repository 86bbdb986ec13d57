import { expect, test } from '@jest/globals';
import { check } from '../faults/checks.ts';
import type { FaultPeriod, History, Operation, Rules } from '../faults/history.ts';

const rules: Rules = { graceSeconds: 2, lockoutFailures: 2, floodLimit: 2, floodWindowSeconds: 10 };

/** A request of a client at a second of the run, of 10 ms. */
function request(second: number, given: Partial<Operation> & Pick<Operation, 'kind'>): Operation {
  return {
    client: 'person 1',
    instance: 0,
    subject: 'session 1',
    generation: null,
    startedAt: second * 1_000,
    endedAt: second * 1_000 + 10,
    outcome: 'done',
    answer: 'Authentication',
    ...given,
  };
}

/** Two sessions, one of which logs out, and a token that is revoked: all as it should be. */
const good: History = {
  operations: [
    request(1, { kind: 'signup' }),
    request(2, { kind: 'login', subject: 'session 2' }),
    request(3, { kind: 'refresh', generation: 0 }),
    request(4, { kind: 'repeat', generation: 0 }),
    request(5, { kind: 'refresh', generation: 1 }),
    request(6, { kind: 'createToken', subject: 'token 1' }),
    request(7, { kind: 'useToken', subject: 'token 1' }),
    request(8, { kind: 'logout', subject: 'session 2' }),
    request(8.5, { kind: 'ended', subject: 'session 2' }),
    request(8.5, { kind: 'revokeToken', subject: 'token 1' }),
    request(20, { kind: 'ended', subject: 'session 2', outcome: 'refused' }),
    request(20, { kind: 'useRevoked', subject: 'token 1', outcome: 'refused' }),
    ...[1, 2].map((second) => request(second, { kind: 'flood', subject: null, outcome: 'refused' })),
    ...[1, 2].map((second) =>
      request(second, {
        kind: 'wrongPassword',
        subject: 'nobody',
        outcome: 'refused',
        answer: 'InvalidCredentialsError',
      }),
    ),
  ],
  faults: [],
  stalls: [],
  incidents: [],
  published: new Map([['event 1', 'session.created']]),
  deliveries: [
    { watcher: 'watcher', at: 1_100, eventId: 'event 1', kind: 'CREATED', sessionId: 'session 1' },
    { watcher: 'watcher', at: 2_100, eventId: 'event 2', kind: 'CREATED', sessionId: 'session 2' },
    { watcher: 'watcher', at: 8_100, eventId: 'event 3', kind: 'ENDED', sessionId: 'session 2' },
    { watcher: 'watcher', at: 8_200, eventId: 'event 2', kind: 'CREATED', sessionId: 'session 2' },
  ],
  state: {
    sessions: [
      { id: 'session 1', generation: 2, endReason: null },
      { id: 'session 2', generation: 0, endReason: 'LOGOUT' },
    ],
    tokens: [{ id: 'token 1', isRevoked: true }],
    events: [
      event('event 1', 'session.created', 'session 1'),
      event('event 2', 'session.created', 'session 2'),
      event('event 3', 'session.terminated', 'session 2'),
      { ...event('event 4', 'personal_access_token.created', null), tokenId: 'token 1', isStreamed: false },
      { ...event('event 5', 'personal_access_token.revoked', null), tokenId: 'token 1', isStreamed: false },
    ],
    unpublished: 0,
  },
};

function event(id: string, type: string, sessionId: string | null) {
  return { id, type, sessionId, tokenId: null, isStreamed: true };
}

const also = (...operations: Operation[]): History => ({
  ...good,
  operations: [...good.operations, ...operations],
});

const withState = (changed: Partial<History['state']>): History => ({
  ...good,
  state: { ...good.state, ...changed },
});

const redisKilled: FaultPeriod = {
  kind: 'Redis is killed',
  instances: [0, 1],
  targets: ['redis'],
  from: 7_000,
  until: 9_000,
};

/** Histories that break one invariant each. */
const bad: readonly (readonly [what: string, invariant: string, history: History])[] = [
  [
    'a superseded refresh token that works after its grace',
    'I1 one live refresh token',
    also(request(30, { kind: 'repeat', generation: 0 })),
  ],
  [
    'a session that works after its logout',
    'I2 no success after the end',
    also(request(9.2, { kind: 'ended', subject: 'session 2' })),
  ],
  [
    'a personal access token that works after it was revoked',
    'I2 no success after the end',
    also(request(10, { kind: 'useRevoked', subject: 'token 1' })),
  ],
  [
    'an ended session that works for too long without Redis',
    'I2 no success after the end',
    {
      ...also(request(13.2, { kind: 'ended', subject: 'session 2' })),
      faults: [{ ...redisKilled, until: 20_000 }],
    },
  ],
  [
    'an acknowledged session that is not stored',
    'I3 nothing acknowledged is lost',
    also(request(9, { kind: 'login', subject: 'session 3' })),
  ],
  [
    'an acknowledged refresh that is not stored',
    'I3 nothing acknowledged is lost',
    also(request(9, { kind: 'refresh', generation: 2 })),
  ],
  [
    'an acknowledged logout that is not stored',
    'I3 nothing acknowledged is lost',
    also(request(9, { kind: 'logout' })),
  ],
  [
    'an acknowledged token that is not stored',
    'I3 nothing acknowledged is lost',
    also(request(9, { kind: 'createToken', subject: 'token 2' })),
  ],
  [
    'more passwords checked than the lockout allows',
    'I4 lockout',
    also(
      request(3, {
        kind: 'wrongPassword',
        subject: 'nobody',
        outcome: 'refused',
        answer: 'InvalidCredentialsError',
      }),
    ),
  ],
  [
    'a change without its audit row',
    'I5 audit',
    withState({ events: good.state.events.filter(({ id }) => id !== 'event 3') }),
  ],
  [
    'an audit row without its change',
    'I5 audit',
    withState({ events: [...good.state.events, event('event 6', 'session.terminated', 'session 3')] }),
  ],
  [
    'a change with two audit rows',
    'I5 audit',
    withState({
      events: [
        ...good.state.events,
        { ...event('event 6', 'session.created', 'session 1'), isStreamed: false },
      ],
    }),
  ],
  [
    'an event that was published and not committed',
    'I6 events',
    { ...good, published: new Map([['event 9', 'session.created']]) },
  ],
  ['an event that is never published', 'I6 events', withState({ unpublished: 1 })],
  [
    'a change of a session after its end',
    'I6 order',
    {
      ...good,
      deliveries: [
        ...good.deliveries,
        { watcher: 'watcher', at: 9_000, eventId: 'event 8', kind: 'REFRESHED', sessionId: 'session 2' },
      ],
    },
  ],
  [
    'an event that a watcher is never told',
    'I6 delivery',
    { ...good, deliveries: good.deliveries.filter(({ eventId }) => eventId !== 'event 3') },
  ],
  [
    'more admitted than the limit',
    'I7 rate limit',
    also(request(3, { kind: 'flood', subject: null, outcome: 'refused' })),
  ],
  [
    'an honest client that is signed out',
    'nobody is signed out',
    also(request(9, { kind: 'refresh', generation: 2, outcome: 'refused', answer: 'SessionEndedError' })),
  ],
  [
    'a session that ends without a cause',
    'nobody is signed out',
    {
      ...withState({
        sessions: good.state.sessions.map((session) => ({ ...session, endReason: 'TOKEN_REUSED' })),
        events: [
          ...good.state.events,
          { ...event('event 6', 'session.terminated', 'session 1'), isStreamed: false },
        ],
      }),
    },
  ],
  [
    'a sign-up that was repeated and refused',
    'repeats reach their outcome',
    also(request(1.5, { kind: 'signup', subject: null, outcome: 'refused', answer: 'EmailTakenError' })),
  ],
  [
    'an internal error',
    'no internal errors',
    also(request(9, { kind: 'me', outcome: 'unknown', answer: 'unexpected INTERNAL_SERVER_ERROR' })),
  ],
  [
    'a request that is not answered long after the last fault',
    'recovers in 5 s',
    {
      ...also(request(15, { kind: 'me', outcome: 'unknown', answer: 'no answer: TimeoutError' })),
      faults: [redisKilled],
    },
  ],
  [
    'an instance that ends by itself',
    'no incidents',
    { ...good, incidents: [{ instance: 1, at: 9_000, what: 'it has ended with 1' }] },
  ],
];

test('a history in which all is as it should be breaks no invariant', () => {
  expect(check(good, rules)).toEqual([]);
});

test.each(bad)('%s is found', (_what, invariant, history) => {
  const found = check(history, rules).map((violation) => violation.invariant);
  expect(found).toContain(invariant);
});

test('what a fault explains is no violation', () => {
  const history = {
    ...also(
      request(12, { kind: 'ended', subject: 'session 2' }),
      request(13, { kind: 'me', outcome: 'unknown', answer: 'SERVICE_UNAVAILABLE' }),
      request(3, { kind: 'flood', subject: null, outcome: 'refused' }),
    ),
    faults: [redisKilled],
  };
  expect(check(history, rules)).toEqual([]);
});

import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { EventStream } from '../support/event-stream.ts';
import { type SignedIn, signIn, signInAdministrator } from '../support/signed-in.ts';
import { TestSocket } from '../support/websocket.ts';

const ANYONES =
  'subscription ($userId: ID) { sessionChanged(userId: $userId) { id kind session { id user { id } } } }';

/** The id of a subscription that is not looked at. */
const FENCE = 'fence';

let one: SignedIn;
let oneElsewhere: SignedIn;
let other: SignedIn;

const latchkey = useTestApp({ env: { MAX_SESSIONS_PER_USER: '100' } });
beforeAll(async () => {
  [one, oneElsewhere] = await signIn(latchkey, 2);
  [other] = await signIn(latchkey, 1);
});

/** All that a subscription has told by the time at which both users have done things. */
async function toldTo(
  accessToken: string | null,
  query: string,
  variables: object,
  connectionParams: object = {},
): Promise<string> {
  const params = { ...connectionParams, authorization: `Bearer ${accessToken}` };
  const socket = await TestSocket.ready(latchkey.url, params);
  const stream = await EventStream.open(latchkey.url, { query, variables, accessToken });
  try {
    socket.send({ id: '1', type: 'subscribe', payload: { query, variables } });
    // Where the stream tells nothing the other transport's refusal is there by then, too.
    await other.client.refresh();
    await signInElsewhere(other);
    await oneElsewhere.client.refresh();
    await fence(socket);
    return JSON.stringify(socket.messages.filter(({ id }) => id !== FENCE)) + stream.text;
  } finally {
    socket.close();
    stream.leave();
  }
}

/**
 * A stream of one’s own on the same socket has told of something that happened after all else. It reads as much as the others,
 * or it would tell before them.
 */
async function fence(socket: TestSocket): Promise<void> {
  socket.subscribe(FENCE, 'subscription { mySessionChanged { id kind session { id user { id } } } }');
  while (socket.about(FENCE).length === 0) await oneElsewhere.client.refresh();
}

async function signInElsewhere({ client }: SignedIn): Promise<void> {
  const { me } = await client.data('{ me { email } }');
  const visitor = latchkey.client();
  await visitor.login({ identifier: me.email, password: 'correct horse battery staple' });
  await visitor.data('mutation { logout { count } }');
}

describe('a stream of one user never tells of another', () => {
  const own = 'mySessionChanged { id kind session { id user { id } } }';
  const all = 'sessionChanged { id kind session { id user { id } } }';

  test.each<[how: string, query: string, variables?: (otherId: string) => object, tells?: boolean]>([
    ['plainly', `subscription { ${own} }`, () => ({}), true],
    ['by variables that nothing declares', `subscription { ${own} }`, (userId) => ({ userId }), true],
    [
      'by an argument it has not',
      'subscription ($userId: ID) { mySessionChanged(userId: $userId) { id } }',
      (userId) => ({ userId }),
    ],
    ['by the other field', ANYONES, (userId) => ({ userId })],
    ['by the other field, for everyone', ANYONES, () => ({ userId: null })],
    ['by the other field, without its argument', `subscription { ${all} }`],
    ['by a list', ANYONES, (userId) => ({ userId: [userId] })],
    ['by an object', ANYONES, (userId) => ({ userId: { id: userId } })],
    ['by a pattern', ANYONES, () => ({ userId: '*' })],
    ['by the name of a channel', ANYONES, (userId) => ({ userId: `auth:user:${userId}:sessions` })],
    ['by an alias', `subscription { mySessionChanged: ${all} }`],
    ['by a fragment', `subscription { ...F } fragment F on Subscription { ${all} }`],
    ['beside its own', `subscription { ${own} ${all} }`],
    ['beside its own, that is left out', `subscription { ${own} @skip(if: true) ${all} }`],
    ['in a second operation', `subscription A { ${own} } subscription B { ${all} }`],
  ])('however it asks: %s', async (_how, query, variables = () => ({}), tells = false) => {
    const told = await toldTo(one.client.accessToken, query, variables(other.userId));
    expect(told.includes(oneElsewhere.id)).toBe(tells);
    expect(told).not.toContain(other.userId);
    expect(told).not.toContain(other.id);
  });

  test('whatever is said at connection_init', async () => {
    const params = { userId: other.userId, sub: other.userId, scope: 'sessions:read:any', roles: ['admin'] };
    const told = await toldTo(
      one.client.accessToken,
      `subscription { ${own} }`,
      {},
      { ...params, jwt: params },
    );
    expect(told).toContain(oneElsewhere.id);
    expect(told).not.toContain(other.id);
  });
});

test('a stream of one user for an administrator never tells of another either', async () => {
  const admin = await signInAdministrator(latchkey);
  const socket = await TestSocket.ready(latchkey.url, { authorization: `Bearer ${admin.accessToken}` });
  socket.subscribe('one', ANYONES, { userId: one.userId });
  socket.subscribe('other', ANYONES, { userId: other.userId });
  while (!['one', 'other'].every((id) => socket.about(id).length > 0)) {
    await oneElsewhere.client.refresh();
    await other.client.refresh();
  }
  const usersOf = (id: string) =>
    new Set(socket.about(id).map(({ payload }) => payload.data.sessionChanged.session.user.id));
  expect(usersOf('one')).toEqual(new Set([one.userId]));
  expect(usersOf('other')).toEqual(new Set([other.userId]));
  socket.close();
});

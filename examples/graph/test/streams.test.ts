import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { NIGHTLY } from '../../../test/support/amounts.ts';
import { EventStream } from '../../../test/support/event-stream.ts';
import { expiringToken } from '../../../test/support/expiring-token.ts';
import { type Change, MY_SESSION_CHANGED, TestStream } from '../../../test/support/streams.ts';
import { graph, signInAgain, signUp, TERMINATE, type Visitor } from './support/graph.ts';

describe('a stream of server-sent events', () => {
  test('tells what happens to the session, and ends when the session does', async () => {
    const ada = await signUp();
    const phone = await signInAgain(ada);
    const stream = await EventStream.open(graph.routerUrl, { accessToken: phone.client.accessToken });
    await refreshUntil(ada, () => stream.kinds.includes('REFRESHED'));

    await ada.client.data(TERMINATE, { id: phone.sessionId });
    await stream.end();
    const last = stream.events.filter(({ event }) => event === 'next').at(-1);
    expect(last?.data).toMatchObject({ data: { mySessionChanged: ended(phone) } });
    expect(stream.events.at(-1)).toEqual({ event: 'complete', data: null });
  });

  test('opened with a stale credential is told so', async () => {
    const stream = await EventStream.open(graph.routerUrl, { accessToken: 'stale' });
    await stream.end();
    expect(stream.kinds).toEqual(['CREDENTIAL_INVALID']);
  });
});

describe('a stream over a WebSocket', () => {
  test('tells what happens to the session, and ends when the session does', async () => {
    const ada = await signUp();
    const phone = await signInAgain(ada);
    const stream = open(`Bearer ${phone.client.accessToken}`);
    await refreshUntil(ada, () => stream.changes.some(({ kind }) => kind === 'REFRESHED'));

    await ada.client.data(TERMINATE, { id: phone.sessionId });
    await stream.until(({ completed }) => completed);
    expect(stream.changes.at(-1)).toMatchObject(ended(phone));
    await stream.close();
  });

  test('opened with a stale credential is told so', async () => {
    const stream = open('Bearer stale');
    await stream.until(({ completed }) => completed);
    expect(stream.changes).toMatchObject([{ kind: 'CREDENTIAL_INVALID' }]);
    await stream.close();
  });
});

test('a stream that is resumed by `since`, whenever its credential expires, tells of each change once', async () => {
  const ada = await signUp();
  const phone = await signInAgain(ada);
  // A change after all others until now, for its id.
  const live = await EventStream.open(graph.routerUrl, { accessToken: ada.client.accessToken });
  await refreshUntil(phone, () => live.kinds.includes('REFRESHED'));
  await signInAgain(ada);
  await live.until(({ kinds }) => kinds.includes('CREATED'));
  let since = changesOf(live).find(({ kind }) => kind === 'CREATED')?.id;
  live.leave();

  const seen: Change[] = [];
  const refreshes = NIGHTLY ? 500 : 60;
  let refreshed = 0;
  const refreshing = (async () => {
    for (; refreshed < refreshes; refreshed += 1) {
      await phone.client.refresh();
      await delay(50);
    }
  })();
  for (let left = 1; left >= 0; ) {
    if (refreshed === refreshes) left -= 1;
    const accessToken = expiringToken(ada.client.accessToken ?? '', graph.signingKey, NIGHTLY ? 1 : 2);
    const stream = await EventStream.open(graph.routerUrl, {
      query: RESUMED,
      variables: { since },
      accessToken,
    });
    await stream.end();
    seen.push(...changesOf(stream));
    since = seen.at(-1)?.id;
  }
  await refreshing;
  const changes = seen.filter(({ kind }) => kind === 'REFRESHED');
  expect(new Set(changes.map(({ id }) => id)).size).toBe(changes.length);
  expect(changes.map(({ session }) => session?.id)).toEqual(Array(refreshes).fill(phone.sessionId));
  // The others are the ends of streams.
  expect(seen.length - changes.length).toBeGreaterThan(NIGHTLY ? 19 : 1);
});

test('a stream that asks for changes since an unknown one is told that it is too old', async () => {
  const ada = await signUp();
  const { accessToken } = ada.client;
  const variables = { since: '00000000-0000-4000-8000-000000000000' };
  const stream = await EventStream.open(graph.routerUrl, { query: RESUMED, variables, accessToken });
  await stream.end();
  expect(stream.text).toContain('SINCE_TOO_OLD');
});

const RESUMED = 'subscription ($since: ID) { mySessionChanged(since: $since) { id kind session { id } } }';

const changesOf = (stream: EventStream): Change[] =>
  stream.events.map(({ data }) => data?.data?.mySessionChanged).filter(Boolean);

function open(authorization: string): TestStream {
  return new TestStream(graph.routerUrl, MY_SESSION_CHANGED, { authorization });
}

function ended({ sessionId }: Visitor) {
  return { kind: 'ENDED', session: { id: sessionId, endReason: 'TERMINATED_BY_USER' } };
}

/** A router says that a stream is open before it is: so something happens until the stream has told of it. */
async function refreshUntil({ client }: Visitor, told: () => boolean): Promise<void> {
  while (!told()) await client.refresh();
}

import { describe, expect, test } from '@jest/globals';
import { EventStream } from '../../../test/support/event-stream.ts';
import { MY_SESSION_CHANGED, TestStream } from '../../../test/support/streams.ts';
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

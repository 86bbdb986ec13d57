import { describe, expect, test } from '@jest/globals';
import type { ReplayedEvent } from '../../src/core/event-replay.ts';
import { type EventId, newId, type SessionId, type UserId } from '../../src/core/ids.ts';
import { positionIn } from '../../src/core/position-id.ts';
import type { OwnPrincipal } from '../../src/core/principal.ts';
import { SessionStream } from '../../src/modules/sessions/session-stream.ts';

const userId = newId<UserId>();
const sessionId = newId<SessionId>();
const principal = { kind: 'session', userId, sessionId } as OwnPrincipal;

interface Given {
  /** Ends of sessions that the client heard of, by an earlier stream. */
  readonly ends?: readonly ReplayedEvent[];
  readonly recorded?: readonly number[];
  readonly deliveredUpTo?: number;
  readonly revoked?: boolean;
}

/** What a stream reads of what it missed. */
interface Read {
  readonly upTo: number;
  readonly answer: () => void;
  readonly answerWith: (events: ReplayedEvent[]) => void;
}

function create({ recorded = [], ends = [], deliveredUpTo = 0, revoked = false }: Given = {}) {
  const reads: Read[] = [];
  const stream = new SessionStream({
    principal,
    userId: null,
    revocations: { has: () => revoked },
    bus: { deliveredUpTo },
    replay: {
      lastOf: async () => [...ends],
      list: (_userId, after, upTo, limit) =>
        new Promise((resolve) => {
          const between = recorded.filter((position) => position > after && position <= upTo);
          const answerWith = (events: ReplayedEvent[]) => resolve(events.slice(0, limit));
          reads.push({ upTo, answerWith, answer: () => answerWith(between.map((at) => eventAt(at))) });
        }),
    },
  });
  return { stream, reads };
}

const eventAt = (
  position: number,
  type = 'token.refreshed',
  ofSession = newId<SessionId>(),
  sessionRevision?: number,
): ReplayedEvent => ({
  id: newId<EventId>(),
  type,
  occurredAt: '2026-01-01T00:00:00.000Z',
  data: { userId, sessionId: ofSession, ...(sessionRevision !== undefined && { sessionRevision }) },
  position,
});

/** Ends the stream, and returns what it has reported. */
async function read({ changes }: SessionStream) {
  changes.end();
  const all = [];
  for await (const change of changes) all.push(change);
  return all;
}

const positionsOf = async (stream: SessionStream) => (await read(stream)).map(({ position }) => position);

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

describe('a stream of session changes', () => {
  test('that catches up reports what it missed, then what waited, each once and in order', async () => {
    const { stream, reads } = create({ recorded: [101, 102, 103] });
    stream.beginAfter(100);
    stream.beginGap(1);
    const caughtUp = stream.catchUp(1, 103);
    await settled();
    for (const position of [102, 103, 104]) stream.receive(eventAt(position));
    reads[0]?.answer();
    await caughtUp;
    // On its way for longer than the answer of the database, and published again.
    for (const position of [103, 104, 101, 105]) stream.receive(eventAt(position));
    expect(await positionsOf(stream)).toEqual([101, 102, 103, 104, 105]);
  });

  test('that catches up twice at a time reads one after the other', async () => {
    const { stream, reads } = create({ recorded: [101, 102, 103, 104] });
    stream.beginAfter(100);
    stream.beginGap(1);
    const first = stream.catchUp(1, 102);
    stream.beginGap(2);
    const second = stream.catchUp(2, 104);
    await settled();
    expect(reads.map(({ upTo }) => upTo)).toEqual([102]);
    reads[0]?.answer();
    await first;
    // The second gap is still open.
    stream.receive(eventAt(105));
    await settled();
    reads[1]?.answer();
    await second;
    expect(await positionsOf(stream)).toEqual([101, 102, 103, 104, 105]);
  });

  test('that begins without `since` begins at its position, and reads nothing', async () => {
    const { stream, reads } = create({ recorded: [99] });
    stream.beginGap(0);
    stream.receive(eventAt(100));
    stream.receive(eventAt(102));
    await stream.catchUp(0, 101);
    expect(reads).toEqual([]);
    expect(await positionsOf(stream)).toEqual([102]);
  });

  test('that has missed too much says so', async () => {
    const recorded = Array.from({ length: 1_001 }, (_, i) => 101 + i);
    const { stream, reads } = create({ recorded });
    stream.beginAfter(100);
    stream.beginGap(1);
    const caughtUp = stream.catchUp(1, 5_000);
    await settled();
    reads[0]?.answer();
    await expect(caughtUp).rejects.toMatchObject({ code: 'SINCE_TOO_OLD' });
  });

  test('takes changes without a position, of instances of the previous release', async () => {
    const { stream } = create();
    stream.beginAfter(100);
    stream.receive({ ...eventAt(0), position: undefined });
    expect(await positionsOf(stream)).toEqual([null]);
  });
});

describe('nothing of a session follows its end,', () => {
  const ended = newId<SessionId>();
  const late = (position: number, revision?: number) => eventAt(position, 'token.refreshed', ended, revision);
  const end = (position: number, revision?: number) =>
    eventAt(position, 'session.terminated', ended, revision);

  test('live, after a gap, and where the end is published again', async () => {
    const { stream, reads } = create();
    stream.beginAfter(100);
    for (const event of [late(101, 4), end(102, 5), late(103, 3), end(104, 5), eventAt(105)])
      stream.receive(event);
    stream.beginGap(1);
    const caughtUp = stream.catchUp(1, 107);
    await settled();
    reads[0]?.answerWith([late(106, 2), eventAt(107)]);
    await caughtUp;
    expect(await positionsOf(stream)).toEqual([101, 102, 105, 107]);
  });

  test('and what is left out counts as received', async () => {
    const { stream, reads } = create();
    stream.beginAfter(100);
    for (const event of [end(101, 5), late(102, 4)]) stream.receive(event);
    stream.beginGap(1);
    const caughtUp = stream.catchUp(1, 102);
    await caughtUp;
    expect(reads).toEqual([]);
  });

  test('in a stream that is resumed after it', async () => {
    const { stream, reads } = create({ ends: [end(100, 5)] });
    stream.beginAfter(100);
    stream.beginGap(1);
    await stream.recallEnds();
    stream.receive(late(102, 4));
    const caughtUp = stream.catchUp(1, 101);
    await settled();
    reads[0]?.answerWith([late(101, 3)]);
    await caughtUp;
    stream.receive(eventAt(103));
    expect(await positionsOf(stream)).toEqual([103]);
  });

  test('also without numbers, as instances of the previous release send it', async () => {
    const { stream } = create();
    stream.beginAfter(100);
    for (const event of [end(101), late(102), late(103, 7), end(104, 8)]) stream.receive(event);
    expect(await positionsOf(stream)).toEqual([101]);
  });

  test('but what has a higher number: a backup was restored, and the session lives again', async () => {
    const { stream } = create();
    stream.beginAfter(100);
    for (const event of [end(101, 5), late(102, 5), late(103, 6)]) stream.receive(event);
    expect(await positionsOf(stream)).toEqual([101, 103]);
  });
});

describe('the last change of a stream contains the place at which the next one begins:', () => {
  test('that of the last change that was read, if others are unread', async () => {
    const { stream } = create({ deliveredUpTo: 103 });
    stream.beginAfter(100);
    for (const position of [101, 102, 103]) stream.receive(eventAt(position));
    await stream.changes.next();
    stream.endExpired();
    const [last] = await read(stream);
    expect(last?.kind).toBe('CREDENTIAL_EXPIRED');
    expect(positionIn(last?.id as EventId)).toBe(101);
  });

  test('that of all that was delivered, if nothing is unread', async () => {
    const { stream } = create({ deliveredUpTo: 900 });
    stream.beginAfter(100);
    stream.endExpired();
    expect(positionIn((await read(stream))[0]?.id as EventId)).toBe(900);
  });

  test('that of the last change that was read, in a gap', async () => {
    const { stream } = create({ deliveredUpTo: 900 });
    stream.beginAfter(100);
    stream.beginGap(1);
    stream.endExpired();
    expect(positionIn((await read(stream))[0]?.id as EventId)).toBe(100);
  });

  test('also if its credential can no longer be verified', async () => {
    const { stream } = create({ deliveredUpTo: 900 });
    stream.beginAfter(100);
    stream.beginGap(1);
    stream.endUnverified();
    const [last] = await read(stream);
    expect(last).toMatchObject({ kind: 'CREDENTIAL_UNVERIFIED', sessionId: null });
    expect(positionIn(last?.id as EventId)).toBe(100);
  });

  test('also at the end of its own session', async () => {
    const { stream } = create();
    stream.beginAfter(100);
    stream.endRevoked();
    const [last] = await read(stream);
    expect([last?.kind, positionIn(last?.id as EventId)]).toEqual(['ENDED', 100]);
  });

  test('and before what is dropped when its own session ends', async () => {
    const { stream } = create();
    stream.beginAfter(100);
    stream.receive(eventAt(101));
    stream.receive(eventAt(102, 'session.terminated', sessionId));
    const changes = await read(stream);
    expect(changes.map(({ kind, id }) => [kind, positionIn(id)])).toEqual([['ENDED', 100]]);
  });

  test('the event itself, if nothing is dropped', async () => {
    const { stream } = create();
    stream.beginAfter(100);
    const ended = eventAt(102, 'session.terminated', sessionId);
    stream.receive(ended);
    expect((await read(stream)).map(({ id }) => id)).toEqual([ended.id]);
  });
});

test('a stream passes on nothing after its credential is revoked', async () => {
  const { stream } = create({ revoked: true });
  stream.beginAfter(100);
  stream.receive(eventAt(101));
  expect(await read(stream)).toEqual([]);
});

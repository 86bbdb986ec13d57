import { beforeEach, describe, expect, test } from '@jest/globals';
import { newId, type SessionId, type UserId } from '../../src/core/ids.ts';
import { Revocations } from '../../src/modules/revocations/index.ts';

let now = 0;
/** By how much the clock was set. */
let ahead = 0;
let revocations: Revocations;

beforeEach(() => {
  now = 0;
  ahead = 0;
  const clock = { now: () => new Date(1_800_000_000_000 + now + ahead) };
  revocations = new Revocations({ keepForSeconds: 300, clock, monotonicNow: () => now });
  // What is not confirmed is kept: see lost-ends.test.ts.
  revocations.confirm(Number.POSITIVE_INFINITY);
});

const newSessionId = () => newId<SessionId>();
const newUserId = () => newId<UserId>();
const end = (id: SessionId) => revocations.add({ kind: 'session', id, notBefore: null });
const change = (id: UserId, at: string) => revocations.add({ kind: 'user', id, notBefore: new Date(at) });

describe('what is known to be revoked', () => {
  test('is what was heard, until nothing can rest on it any more', () => {
    const id = newSessionId();
    end(id);
    now = 299_999;
    end(newSessionId());
    expect([revocations.has(id), revocations.has(newSessionId())]).toEqual([true, false]);
    now = 300_000;
    end(newSessionId());
    expect([revocations.has(id), revocations.size]).toEqual([false, 2]);
  });

  test.each([
    ['after', (id: SessionId) => end(id), () => {}],
    ['before', () => {}, (id: SessionId) => end(id)],
  ])(
    'is kept for as long as tokens live by a clock that was set back %s it was heard',
    (_, before, after) => {
      const id = newSessionId();
      // What the clock has shown is known from other revocations.
      end(newSessionId());
      before(id);
      ahead = -280_000;
      after(id);
      now = 300_000;
      end(newSessionId());
      now = 579_999;
      end(newSessionId());
      expect(revocations.has(id)).toBe(true);
      now = 580_000;
      end(newSessionId());
      expect(revocations.has(id)).toBe(false);
    },
  );

  test('is kept for as long as it is kept at least, though the clock was set forward', () => {
    const id = newSessionId();
    end(id);
    ahead = 3_600_000;
    now = 299_999;
    end(newSessionId());
    expect(revocations.has(id)).toBe(true);
  });

  test('is kept from when it was heard last', () => {
    const id = newSessionId();
    end(id);
    now = 200_000;
    end(id);
    now = 400_000;
    end(newSessionId());
    expect(revocations.has(id)).toBe(true);
  });

  test('of a user is the latest time, in whatever order it was heard', () => {
    const id = newUserId();
    expect(revocations.notBefore(id)).toBeNull();
    for (const day of ['01', '03', '02']) change(id, `2026-01-${day}T00:00:00.000Z`);
    expect(revocations.notBefore(id)).toEqual(new Date('2026-01-03T00:00:00.000Z'));
  });
});

describe('what was read of something', () => {
  test('is true until something is heard of it, and again once it has been read anew', () => {
    const id = newSessionId();
    expect(revocations.isUnchangedSince(id, now)).toBe(true);
    now = 10;
    end(id);
    // What was read in the same instant may have been read before.
    expect([0, 10, 11].map((readAt) => revocations.isUnchangedSince(id, readAt))).toEqual([
      false,
      false,
      true,
    ]);
    now = 20;
    end(id);
    expect([11, 21].map((readAt) => revocations.isUnchangedSince(id, readAt))).toEqual([false, true]);
  });
});

describe('whoever watches', () => {
  test('hears what is new, and of theirs alone', () => {
    const [id, other] = [newUserId(), newSessionId()];
    let heard = 0;
    const stop = revocations.watch(id, () => {
      heard += 1;
    });
    end(other);
    expect(heard).toBe(0);
    change(id, '2026-01-01T00:00:00.000Z');
    change(id, '2026-01-02T00:00:00.000Z');
    expect(heard).toBe(2);
    stop();
    change(id, '2026-01-03T00:00:00.000Z');
    expect(heard).toBe(2);
  });

  test('is not woken by what is told again, as the database does while the bus is silent', () => {
    const id = newUserId();
    const tell = () => {
      for (const day of ['01', '02']) change(id, `2026-01-${day}T00:00:00.000Z`);
    };
    tell();
    let heard = 0;
    revocations.watch(id, () => {
      heard += 1;
    });
    tell();
    expect(heard).toBe(0);
  });
});

import { describe, expect, test } from '@jest/globals';
import { PushStream } from '../../src/core/push-stream.ts';

function create({ capacity = 3 } = {}) {
  let ends = 0;
  const stream = new PushStream<number>({
    capacity,
    onEnd: () => {
      ends += 1;
    },
  });
  return { stream, ends: () => ends };
}

const OVER = { value: undefined, done: true };
const value = (value: number) => ({ value, done: false });

describe('a push stream', () => {
  test('gives what was pushed before it was read, in order', async () => {
    const { stream } = create();
    stream.push(1);
    stream.push(2);
    expect([await stream.next(), await stream.next()]).toEqual([value(1), value(2)]);
  });

  test('gives what is pushed while readers wait, each value to one of them, in order', async () => {
    const { stream } = create();
    const waiting = [stream.next(), stream.next(), stream.next()];
    stream.push(1);
    stream.push(2);
    stream.end();
    expect(await Promise.all(waiting)).toEqual([value(1), value(2), OVER]);
  });

  test('lets its reader have what is there when it ends, and nothing that comes later', async () => {
    const { stream } = create();
    stream.push(1);
    stream.end();
    stream.push(2);
    expect([await stream.next(), await stream.next(), await stream.next()]).toEqual([value(1), OVER, OVER]);
  });

  test.each(['return', 'throw'] as const)(
    'is left at once by %s(), though its reader waits',
    async (leave) => {
      const { stream, ends } = create();
      const waiting = stream.next();
      expect(await stream[leave]()).toEqual(OVER);
      expect(await waiting).toEqual(OVER);
      expect(ends()).toBe(1);
    },
  );

  test('gives nothing more to a reader who has left', async () => {
    const { stream } = create();
    stream.push(1);
    await stream.return();
    expect(await stream.next()).toEqual(OVER);
  });

  test('ends when its reader is further behind than its capacity, who still gets what was kept', async () => {
    const { stream, ends } = create({ capacity: 3 });
    for (const pushed of [1, 2, 3]) stream.push(pushed);
    expect([stream.ended, ends()]).toEqual([false, 0]);
    for (const pushed of [4, 5]) stream.push(pushed);
    expect([stream.ended, ends()]).toEqual([true, 1]);
    const read: number[] = [];
    for await (const kept of stream) read.push(kept);
    expect(read).toEqual([1, 2, 3]);
  });

  test('holds its capacity for each reader anew: what was read does not count', async () => {
    const { stream } = create({ capacity: 1 });
    for (const pushed of [1, 2, 3]) {
      stream.push(pushed);
      expect(await stream.next()).toEqual(value(pushed));
    }
    expect(stream.ended).toBe(false);
  });

  test('that ends with a last word says it and nothing else, though it is ended twice before it is read', async () => {
    const { stream, ends } = create();
    stream.push(1);
    stream.endWith(2);
    stream.endWith(3);
    stream.end();
    expect([await stream.next(), await stream.next()]).toEqual([value(2), OVER]);
    expect(ends()).toBe(1);
  });

  test('tells of its end once, however often and by whomever it is ended', async () => {
    const { stream, ends } = create();
    stream.end();
    stream.end();
    await stream.return();
    await stream.throw();
    expect(ends()).toBe(1);
  });

  test('can be ended and pushed to from within its own end', () => {
    const stream: PushStream<number> = new PushStream({
      capacity: 1,
      onEnd: () => {
        stream.push(1);
        stream.end();
      },
    });
    expect(() => stream.end()).not.toThrow();
  });

  test('is let go by whoever breaks off a loop over it', async () => {
    const { stream, ends } = create();
    stream.push(1);
    for await (const _ of stream) break;
    expect(ends()).toBe(1);
  });
});

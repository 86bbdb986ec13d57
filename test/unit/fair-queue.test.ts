import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue, type LanePath } from '../../src/core/fair-queue.ts';

describe('items are taken', () => {
  test('in their order within a lane', () => {
    const queue = filled([
      ['a1', 'a', 'x'],
      ['a2', 'a', 'x'],
      ['a3', 'a', 'x'],
    ]);
    expect(takeAll(queue)).toEqual(['a1', 'a2', 'a3']);
  });

  test('one of each lane in turn, whatever the order they came in', () => {
    const queue = filled([
      ['a1', 'a', 'x'],
      ['a2', 'a', 'x'],
      ['a3', 'a', 'x'],
      ['b1', 'b', 'x'],
      ['b2', 'b', 'x'],
      ['c1', 'c', 'x'],
    ]);
    expect(takeAll(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  test('within a lane, one of each of its own lanes in turn, and many of these gain it nothing', () => {
    const queue = filled([
      ['ax1', 'a', 'x'],
      ['ax2', 'a', 'x'],
      ['ay1', 'a', 'y'],
      ['az1', 'a', 'z'],
      ['b1', 'b', 'x'],
      ['b2', 'b', 'x'],
    ]);
    expect(takeAll(queue)).toEqual(['ax1', 'b1', 'ay1', 'b2', 'az1', 'ax2']);
  });

  test('of a lane that was empty, or has just been served, at the end of the round', () => {
    const queue = filled([
      ['a1', 'a', 'x'],
      ['a2', 'a', 'x'],
      ['b1', 'b', 'x'],
    ]);
    expect(queue.take()).toBe('a1');
    queue.add('c1', ['c', 'x']);
    expect(takeAll(queue)).toEqual(['b1', 'a2', 'c1']);
  });

  test('not at all when they were removed, and their lane does not keep its turn', () => {
    const queue = filled([
      ['a1', 'a', 'x'],
      ['a2', 'a', 'y'],
      ['b1', 'b', 'x'],
      ['b2', 'b', 'x'],
    ]);
    queue.remove('a1', ['a', 'x']);
    queue.remove('b1', ['b', 'x']);
    queue.remove('b1', ['b', 'x']);
    queue.remove('nobody', ['c', 'x']);
    expect(queue.size).toBe(2);
    queue.remove('a2', ['a', 'y']);
    queue.add('a3', ['a', 'x']);
    expect(takeAll(queue)).toEqual(['b2', 'a3']);
    expect(queue.size).toBe(0);
    expect(queue.take()).toBeUndefined();
  });

  test.each([
    ['one lane', (_: number) => ['attacker', 'x']],
    ['many lanes within one', (i: number) => ['attacker', `subject ${i}`]],
  ])('within one round of honest callers, though a thousand wait in %s', (_, pathOf) => {
    const queue = new FairQueue<string>();
    for (let i = 0; i < 1_000; i++) queue.add('attacker', pathOf(i));
    for (let i = 0; i < 20; i++) {
      expect(queue.itemsBefore([`honest ${i}`, 'x'])).toBe(i + 1);
      queue.add('honest', [`honest ${i}`, 'x']);
    }
    const round = Array.from({ length: 21 }, () => queue.take());
    expect(round).toEqual(['attacker', ...Array.from({ length: 20 }, () => 'honest')]);
  });
});

describe('the position of an item that comes now', () => {
  const busy = () =>
    filled([
      ['ax1', 'a', 'x'],
      ['ax2', 'a', 'x'],
      ['ax3', 'a', 'x'],
      ['ay1', 'a', 'y'],
      ['b1', 'b', 'x'],
    ]);

  test.each([
    ['an empty queue', new FairQueue<string>(), ['a', 'x'], 0],
    ['a full lane: behind its own, and the others’ as often as they have turns', busy(), ['a', 'x'], 5],
    ['a lane whose turn came later', busy(), ['a', 'y'], 4],
    ['a new lane within a full one', busy(), ['a', 'z'], 3],
    ['another lane', busy(), ['b', 'x'], 3],
    ['a new lane', busy(), ['c', 'x'], 2],
  ])('in %s', (_, queue, path, position) => {
    expect(queue.itemsBefore(path)).toBe(position);
    queue.add('new', path);
    expect(takeAll(queue).indexOf('new')).toBe(position);
  });

  test('is how many are taken before it, whatever was added, taken and removed', () => {
    fc.assert(
      fc.property(fc.array(operation), path, (operations, path) => {
        const queue = after(operations);
        const position = queue.itemsBefore(path);
        queue.add(-1, path);
        expect(takeAll(queue).indexOf(-1)).toBe(position);
      }),
    );
  });
});

test('what is admitted by its position is bounded: in a lane, in lanes, and in all', () => {
  const limit = 20;
  const tries = limit + 5;
  const admitted = (pathOf: (i: number) => LanePath) => {
    const queue = new FairQueue<number>();
    for (let i = 0; i < tries ** 3; i++) if (queue.itemsBefore(pathOf(i)) < limit) queue.add(i, pathOf(i));
    return queue.size;
  };
  expect(admitted(() => ['a', 'x'])).toBe(limit);
  expect(admitted((i) => ['a', `${i}`])).toBe(limit);
  expect(admitted((i) => [`${i}`, 'x'])).toBe(limit);
  // The most that there can be: one lane after the other is filled as far as it takes anything.
  const oneByOne = (i: number) => [`${Math.floor(i / tries ** 2)}`, `${Math.floor(i / tries) % tries}`];
  expect(admitted(oneByOne)).toBeLessThan(limit * (1 + Math.log(limit)) ** 2);
});

const path = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y', 'z'));
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('take' as const, 'remove' as const), path }) },
);

function after(
  operations: readonly { kind: 'add' | 'take' | 'remove'; path: LanePath }[],
): FairQueue<number> {
  const queue = new FairQueue<number>();
  const paths: LanePath[] = [];
  operations.forEach(({ kind, path }, i) => {
    if (kind === 'add') queue.add(paths.push(path) - 1, path);
    else if (kind === 'take') queue.take();
    // Whether it still waits or not.
    else queue.remove(i % (paths.length + 1), paths[i % (paths.length + 1)] ?? path);
  });
  return queue;
}

function filled(items: readonly (readonly [string, string, string])[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const [item, ...path] of items) queue.add(item, path);
  return queue;
}

function takeAll<T>(queue: FairQueue<T>): T[] {
  const taken: T[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
  return taken;
}

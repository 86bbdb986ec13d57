import { expect, test } from '@jest/globals';
import { FairTurns } from '../../src/http/fair-turns.ts';

test('an address with much to do delays its own, and its sockets take turns', async () => {
  const turns = new FairTurns();
  const order: string[] = [];
  const wait = (address: string, socket: string) =>
    turns.wait(address, socket).then(() => order.push(`${address}${socket}`));
  const all = [
    ...Array.from({ length: 4 }, () => wait('a', '1')),
    ...Array.from({ length: 2 }, () => wait('a', '2')),
    wait('b', '1'),
  ];
  await Promise.all(all);
  expect(order).toEqual(['a1', 'b1', 'a2', 'a1', 'a2', 'a1', 'a1']);
});

test('other work of the event loop is done between two turns', async () => {
  const turns = new FairTurns();
  let between = 0;
  const count = () => {
    between += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await Promise.all(Array.from({ length: 10 }, () => turns.wait('a', '1')));
  clearImmediate(timer);
  expect(between).toBeGreaterThanOrEqual(9);
});

import { expect, test } from '@jest/globals';
import { LRUCache } from 'lru-cache';
import { atMost } from '../../src/core/at-most.ts';

test('a cache of at most so many entries forgets the least recently used', () => {
  const cache = new LRUCache<string, number>({ ...atMost(2), ttl: 60_000 });
  cache.set('a', 1).set('b', 2).set('a', 3);
  expect(cache.size).toBe(2);
  cache.get('a');
  cache.set('c', 4);
  expect([...cache.keys()].sort()).toEqual(['a', 'c']);
  expect(cache.get('a')).toBe(3);
});

test('a cache of at most so many entries allocates nothing for those that it does not have', () => {
  const { keyList, valList, next, prev } = LRUCache.unsafeExposeInternals(
    new LRUCache<string, number>(atMost(50_000)).set('a', 1),
  );
  for (const list of [keyList, valList, next, prev]) expect(list.length).toBeLessThan(10);
});

import { expect, test } from '@jest/globals';
import { SeenNames } from '../../src/modules/imports/seen-names.ts';

test('of many names, those that were added are seen, and no others', () => {
  const seen = new SeenNames();
  const names = Array.from({ length: 5_000 }, (_, i) => `person${i}@example.com`);
  for (const name of names) {
    expect(seen.has(name)).toBe(false);
    seen.add(name);
    seen.add(name);
  }
  expect(names.filter((name) => !seen.has(name))).toEqual([]);
  expect(names.filter((name) => seen.has(`.${name}`))).toEqual([]);
});

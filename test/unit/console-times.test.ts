import { expect, test } from '@jest/globals';
import { fromInput } from '../../src/console/words/times.ts';

test('a year that is still typed is no time yet', () => {
  expect(['0002', '0020', '0202'].map((year) => fromInput(`${year}-03-04T05:06`))).toEqual([
    null,
    null,
    null,
  ]);
  expect(fromInput('2026-03-04T05:06')).toBe(new Date('2026-03-04T05:06').toISOString());
});

test('an empty field is no filter', () => {
  expect(fromInput('')).toBe('');
});

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { OncePerMinute } from '../../src/core/once-per-minute.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('once a minute a call is let through, with the count of calls since the last one', () => {
  const counts: number[] = [];
  const report = new OncePerMinute();
  const call = (times: number) => {
    for (let i = 0; i < times; i += 1) report.run((count) => counts.push(count));
  };
  call(3);
  jest.advanceTimersByTime(59_999);
  call(4);
  expect(counts).toEqual([1]);
  jest.advanceTimersByTime(1);
  call(2);
  expect(counts).toEqual([1, 7]);
  jest.advanceTimersByTime(60_000);
  call(1);
  expect(counts).toEqual([1, 7, 2]);
});

import { expect, test } from '@jest/globals';
import { endedSentence } from '../../src/console/words/end-reasons.ts';

test('the end of a personal access token is told in words', () => {
  expect(endedSentence('ACCOUNT_DISABLED')).toBe('The account was disabled.');
  expect(endedSentence('ROTATED')).toBe('Replaced by a new token.');
});

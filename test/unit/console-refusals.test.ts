import { expect, test } from '@jest/globals';
import { refusalOf } from '../../src/console/words/refusals.ts';

test('what is forbidden says why', () => {
  const message = 'This is the last active administrator. Give another user the role first.';
  expect(refusalOf([{ message, extensions: { code: 'FORBIDDEN' } }])).toEqual({ message });
});

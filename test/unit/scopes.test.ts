import { expect, test } from '@jest/globals';
import { anonymous, holds, type Principal, requireScope } from '../../src/core/principal.ts';

const principal: Principal = anonymous;

test('nobody holds a scope that Latchkey does not have, and asking for one does not compile', () => {
  // @ts-expect-error: misspelt
  expect(holds(principal, 'sesions:read')).toBe(false);
  // @ts-expect-error: misspelt
  expect(() => requireScope(principal, 'sesions:read:any')).toThrow();
});

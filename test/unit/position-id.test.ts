import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EventId, newId, parseId } from '../../src/core/ids.ts';
import { positionId, positionIn } from '../../src/core/position-id.ts';

test('an id contains its position, and is a new one each time', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (position) => {
      const id = positionId(position);
      expect(parseId(id)).toBe(id);
      expect(id).toMatch(/^.{14}8.{4}[89ab]/);
      expect(positionIn(id)).toBe(position);
      expect(positionId(position)).not.toBe(id);
    }),
  );
});

test('the id of an event contains none', () => {
  expect(positionIn(newId<EventId>())).toBeNull();
});

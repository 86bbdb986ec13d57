import { randomUUID } from 'node:crypto';
import type { Position } from './event-bus.ts';
import type { EventId } from './ids.ts';

/** Hexadecimal digits of a position: 60 bits. */
const DIGITS = 15;

/**
 * A new id that contains a position (UUID version 8, RFC 9562 §5.8), for a message that is no event: a stream can be resumed
 * from it all the same.
 */
export function positionId(position: Position): EventId {
  const digits = position.toString(16).padStart(DIGITS, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(12)}-${randomUUID().slice(19)}` as EventId;
}

/** The position in an id of `positionId`; null for ids of events. */
export function positionIn(id: EventId): Position | null {
  if (id[14] !== '8') return null;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13) + id.slice(15, 18), 16);
}

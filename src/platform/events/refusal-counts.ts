import { systemOrigin } from '../../core/principal.ts';
import type { EventToWrite } from './event-log.ts';

/** Beyond this number, refusals are counted by type only: a caller with many ids must not fill the log. */
const MAX_KINDS = 1_000;

interface Counted {
  readonly event: EventToWrite;
  count: number;
}

/** Refusals of the current minute, counted by all fields of the event except its origin. */
export class RefusalCounts {
  #counts = new Map<string, Counted>();

  add(event: EventToWrite, times: number): void {
    const isCounted = this.#counts.has(keyOf(event)) || this.#counts.size < MAX_KINDS;
    const kind = isCounted ? event : withoutSubject(event);
    const counted = this.#counts.get(keyOf(kind)) ?? { event: kind, count: 0 };
    counted.count += times;
    this.#counts.set(keyOf(kind), counted);
  }

  /** Returns and resets the counts. */
  take(): Counted[] {
    const counted = [...this.#counts.values()];
    this.#counts = new Map();
    return counted;
  }
}

function keyOf({ type, actorId, subjectId, sessionId, data }: EventToWrite): string {
  return JSON.stringify([type, actorId, subjectId, sessionId, data]);
}

function withoutSubject({ type }: EventToWrite): EventToWrite {
  const data = { subjects: 'others' };
  return { type, actorId: null, subjectId: null, sessionId: null, origin: systemOrigin, data };
}

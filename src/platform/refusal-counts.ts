import type { NewEvent } from '../core/events.ts';
import { systemOrigin } from '../core/principal.ts';

/** Refusals of more subjects than this are counted together: whoever knows many ids must not fill the log either. */
const MAX_SUBJECTS = 1_000;

interface Counted {
  readonly event: NewEvent;
  count: number;
}

/** Refusals of the current minute, counted by all that an event says but its origin. */
export class RefusalCounts {
  #counts = new Map<string, Counted>();

  add(event: NewEvent, times: number): void {
    const key = keyOf(event);
    const counted = this.#counts.get(key);
    if (counted !== undefined) counted.count += times;
    else if (this.#counts.size < MAX_SUBJECTS) this.#counts.set(key, { event, count: times });
    else this.#addTo(withoutSubject(event), times);
  }

  /** All that was counted, which is then forgotten. */
  take(): Counted[] {
    const counted = [...this.#counts.values()];
    this.#counts = new Map();
    return counted;
  }

  /** Beyond the limit: one for each type. */
  #addTo(event: NewEvent, times: number): void {
    const key = keyOf(event);
    const counted = this.#counts.get(key) ?? { event, count: 0 };
    counted.count += times;
    this.#counts.set(key, counted);
  }
}

function keyOf({ type, actorId, subjectId, sessionId, data }: NewEvent): string {
  return JSON.stringify([type, actorId, subjectId, sessionId, data]);
}

function withoutSubject({ type, outcome }: NewEvent): NewEvent {
  const data = { subjects: 'others' };
  return { type, outcome, actorId: null, subjectId: null, sessionId: null, origin: systemOrigin, data };
}

import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { SessionId } from '../../core/ids.ts';
import type { SessionChange } from './session-change.ts';

/** The ends that a stream remembers. A change that is published after so many others may come after the end of its session. */
export const REMEMBERED_ENDS = 10_000;

/**
 * The sessions whose end was reported, each with the number of that change. An instance that was paused, or behind with its
 * outbox, publishes earlier changes later: whoever was told of the end must not be told of them.
 */
export class EndedSessions {
  readonly #revisions = new LRUCache<SessionId, number>(atMost(REMEMBERED_ENDS));

  note({ kind, sessionId, revision }: SessionChange): void {
    // Nothing follows an end: one without a number, of a previous release, is after everything.
    if (kind === 'ENDED' && sessionId !== null)
      this.#revisions.set(sessionId, revision ?? Number.POSITIVE_INFINITY);
  }

  /** Whether a change is from before the reported end of its session, or is that end again. */
  overtook({ sessionId, revision }: SessionChange): boolean {
    const end = sessionId === null ? undefined : this.#revisions.get(sessionId);
    return end !== undefined && (revision ?? 0) <= end;
  }
}

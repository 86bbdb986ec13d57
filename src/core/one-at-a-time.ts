import { UnavailableError } from './errors.ts';

/**
 * Runs at most one task per key at a time. A call made during a task waits for its end and returns null without running
 * its own, which was based on outdated state.
 */
export class OneAtATime<Key> {
  /** Tasks in progress, by key. */
  readonly #running = new Map<Key, Promise<unknown>>();

  /**
   * @throws {UnavailableError} also if the awaited task throws it: the failure does not depend on the caller, and
   *   callers that retried one after another would wait for one failure each.
   */
  async run<T>(key: Key, work: () => Promise<T>): Promise<T | null> {
    const other = this.#running.get(key);
    if (other !== undefined) return this.#waitFor(other);
    const running = work();
    this.#running.set(key, running);
    try {
      return await running;
    } finally {
      this.#running.delete(key);
    }
  }

  /** Ignores other failures, which concern only the task's own caller. */
  async #waitFor(other: Promise<unknown>): Promise<null> {
    await other.catch((error: unknown) => {
      if (error instanceof UnavailableError) throw error;
    });
    return null;
  }
}

import { UnavailableError } from './errors.ts';

/**
 * Runs one piece of work per key at a time. Who comes while one is under way does nothing but wait for its end and gets
 * null: what they wanted to do rests on a state that is gone.
 */
export class OneAtATime<Key> {
  /** Keys that are being worked on, and no others. */
  readonly #running = new Map<Key, Promise<unknown>>();

  /**
   * @throws {UnavailableError} also when the work that was waited for is refused so. That says nothing of who asked for it,
   *   and a crowd that tries one after the other would wait once for each of its number.
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

  /** Any other failure is that of who caused it. */
  async #waitFor(other: Promise<unknown>): Promise<null> {
    await other.catch((error: unknown) => {
      if (error instanceof UnavailableError) throw error;
    });
    return null;
  }
}

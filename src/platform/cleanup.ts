import type { UnitOfWork } from '../core/ports.ts';
import type { Purge } from '../core/purge.ts';

/** Rows per transaction: few enough for a short one, and for one publication. */
const SLICE = 500;

interface Dependencies {
  readonly purges: readonly Purge[];
  readonly unitOfWork: UnitOfWork;
}

/** Deletes all that is no longer needed: in short transactions, and on one instance at a time. */
export class Cleanup {
  readonly #deps: Dependencies;
  #isStopped = false;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /**
   * Runs all purges, and tells how much each has deleted. One that fails does not keep the others from running. Returns false
   * if it ended early, because another process cleans up or `stop` was called.
   *
   * @throws the first failure, at the end.
   */
  async run(onPurged: (what: string, count: number) => void = () => undefined): Promise<boolean> {
    const failures: unknown[] = [];
    for (const purge of this.#deps.purges) {
      try {
        const count = await this.#deleteAll(purge);
        // The other process goes through the whole list.
        if (count === null) return false;
        onPurged(purge.what, count);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return true;
  }

  /** Leaves the rest to another process, or to the next start. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The number of deleted rows; null if the cleanup must end. */
  async #deleteAll(purge: Purge): Promise<number | null> {
    const { unitOfWork } = this.#deps;
    for (let count = 0; ; ) {
      const deleted = this.#isStopped
        ? null
        : await unitOfWork.runExclusively('cleanup', () => purge.run(SLICE));
      if (deleted === null) return null;
      count += deleted;
      if (deleted < SLICE) return count;
    }
  }
}

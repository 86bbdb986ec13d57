import { AsyncLocalStorage } from 'node:async_hooks';
import { UnavailableError } from '../../core/errors.ts';
import type { Idempotency, Outcomes, RepeatableRequest } from '../../core/idempotency.ts';
import type { UnitOfWork } from '../../core/ports.ts';
import type { SecretRing } from '../../core/secret-ring.ts';
import type { KeptOutcomeStore } from './kept-outcome.store.ts';
import { OutcomeSeal } from './outcome-seal.ts';

interface Dependencies {
  readonly store: KeptOutcomeStore;
  readonly secrets: SecretRing;
  readonly unitOfWork: UnitOfWork;
}

/** The request that is being performed. */
interface Current {
  readonly seal: OutcomeSeal;
  isKept: boolean;
}

/**
 * Performs requests with an idempotency key once, so that a client that lost the answer can repeat the request. The outcome is kept in
 * the transaction of its effect. Refusals are not: a repeat is decided anew.
 */
export class IdempotentRequests implements Idempotency, Outcomes {
  readonly #deps: Dependencies;
  readonly #current = new AsyncLocalStorage<Current>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  async once<Outcome>(
    request: RepeatableRequest,
    work: () => Promise<Outcome>,
    restore: (kept: never) => Promise<Outcome> = async (kept) => kept,
  ): Promise<Outcome> {
    // The first seals. Replicas with another first secret, while it is replaced, find it all the same.
    const seals = this.#deps.secrets.all.map(({ secret }) => new OutcomeSeal(secret, request));
    const [seal] = seals;
    if (seal === undefined) throw new Error('a secret ring is empty');
    const kept = await this.#find(seals);
    if (kept !== null) return restore(kept.outcome as never);
    const current: Current = { seal, isKept: false };
    let end: () => Outcome;
    try {
      const outcome = await this.#current.run(current, work);
      if (current.isKept) return outcome;
      end = () => outcome;
    } catch (error) {
      end = () => {
        throw error;
      };
    }
    // Refused or failed: perhaps because the first of two concurrent requests has taken effect, or this one and only the answer of
    // the database was lost.
    const found = await this.#find(seals).catch(() => null);
    return found === null ? end() : restore(found.outcome as never);
  }

  async keep<Outcome extends object>(outcome: Outcome): Promise<Outcome> {
    const current = this.#current.getStore();
    if (current === undefined) return outcome;
    const { store, unitOfWork } = this.#deps;
    if (!(await store.insert(current.seal.seal(outcome)))) throw new AlreadyPerformed();
    unitOfWork.afterCommit(() => {
      current.isKept = true;
    });
    return outcome;
  }

  /** Deletes outcomes whose time is over. */
  purge(limit: number): Promise<number> {
    return this.#deps.store.purge(limit);
  }

  async #find(seals: readonly OutcomeSeal[]): Promise<{ readonly outcome: unknown } | null> {
    const found = await this.#deps.store.find(seals.map(({ id }) => id));
    const seal = found && seals.find(({ id }) => id.equals(found.id));
    return found && seal ? { outcome: seal.open(found) } : null;
  }
}

/**
 * Rolls back the second of two concurrent requests. `once` returns the outcome of the first or, if it cannot be read just now,
 * throws this: the client repeats the request.
 */
class AlreadyPerformed extends UnavailableError {
  constructor() {
    super(new Error('a concurrent request with this idempotency key has taken effect'));
  }
}

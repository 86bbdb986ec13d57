import type {
  DeferredRequestData,
  DeferredRequestHandlers,
  DeferredRequestKind,
} from '../../core/deferred-requests.ts';
import { newId } from '../../core/ids.ts';
import type { Logger, UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { Signal } from '../../core/signal.ts';
import type { DeferredRequest, DeferredRequestStore } from './deferred-request.store.ts';

/** Failures after which a request is given up: about a day. */
const MAX_ATTEMPTS = 30;

const MAX_DELAY_SECONDS = 3_600;

interface Dependencies {
  readonly store: DeferredRequestStore;
  readonly handlers: () => DeferredRequestHandlers;
  readonly unitOfWork: UnitOfWork;
  /** Raised when there is work. */
  readonly added: Signal;
  readonly logger: Logger;
}

/**
 * Requests of which neither the answer nor its time may tell whether an account exists (OWASP ASVS 6.3.8): they are only stored,
 * by one statement, and decided after the answer.
 */
export class DeferredRequests {
  readonly #deps: Dependencies;
  #isStopped = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  async add<K extends DeferredRequestKind>(
    kind: K,
    data: DeferredRequestData[K],
    origin: Origin,
  ): Promise<void> {
    const { store, unitOfWork, added } = this.#deps;
    const request = { id: newId(), kind, data, origin } as Omit<DeferredRequest, 'attempts'>;
    await store.insert(request);
    unitOfWork.afterCommit(() => added.raise());
  }

  /** Decides all requests that are due. One that fails is repeated later. */
  async run(): Promise<void> {
    while (!this.#isStopped && (await this.#decideNext()));
  }

  /** Leaves the rest to another instance, or to the next start. */
  stop(): void {
    this.#isStopped = true;
  }

  async #decideNext(): Promise<boolean> {
    const { store, unitOfWork } = this.#deps;
    let taken: DeferredRequest | null = null;
    try {
      await unitOfWork.run(async () => {
        taken = await store.takeNext();
        if (taken !== null) await this.#decide(taken);
      });
    } catch (error) {
      if (taken === null) throw error;
      await this.#retryLater(taken, error);
    }
    return taken !== null;
  }

  #decide<K extends DeferredRequestKind>({
    kind,
    data,
    origin,
  }: DeferredRequest & { kind: K }): Promise<void> {
    return this.#deps.handlers()[kind](data as DeferredRequestData[K], origin);
  }

  async #retryLater({ id, kind, attempts }: DeferredRequest, error: unknown): Promise<void> {
    const { store, logger } = this.#deps;
    logger.error({ err: error, kind, attempts }, 'a deferred request failed');
    if (attempts + 1 >= MAX_ATTEMPTS) await store.delete(id);
    else await store.postpone(id, Math.min(2 ** attempts, MAX_DELAY_SECONDS));
  }
}

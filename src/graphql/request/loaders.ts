import type { Principal } from '../../core/principal.ts';

/** Creates a request's loader, which returns only what `principal` may read. The function is the loader's key. */
export type LoaderDefinition<Loader> = (principal: Principal) => Loader;

/**
 * DataLoaders of one request, created on first use. Never use inside a transaction: a batch runs in the transaction of
 * its first caller.
 */
export class Loaders {
  readonly #principal: Principal;
  readonly #created = new Map<LoaderDefinition<unknown>, unknown>();

  constructor(principal: Principal) {
    this.#principal = principal;
  }

  get<Loader>(definition: LoaderDefinition<Loader>): Loader {
    const created = this.#created.get(definition) as Loader | undefined;
    if (created !== undefined) return created;
    const loader = definition(this.#principal);
    this.#created.set(definition, loader);
    return loader;
  }

  /** Drops all cached values. A stream uses one context for all its events, and each event must be read afresh. */
  clear(): void {
    this.#created.clear();
  }
}

import type { Principal } from '../../core/principal.ts';

/** Creates a loader of one request, which returns only what `principal` may see. Its identity is the loader's key. */
export type LoaderDefinition<Loader> = (principal: Principal) => Loader;

/** DataLoaders of one request, created on first use. Never use inside a transaction: a batch runs in its first caller's. */
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

  /** Forgets what was loaded. A stream has one context for all its events, and each is to be read anew. */
  clear(): void {
    this.#created.clear();
  }
}

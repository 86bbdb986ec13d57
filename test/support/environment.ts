import asyncHooks from 'node:async_hooks';
import { TestEnvironment } from 'jest-environment-node';

const { AsyncLocalStorage } = asyncHooks;

/**
 * The environment of one test file. It disables each AsyncLocalStorage that the file leaves behind: until Node 24 every
 * promise of the process costs time for each of them, and each keeps its file's modules in memory.
 */
export default class Environment extends TestEnvironment {
  readonly #storages = new Set<asyncHooks.AsyncLocalStorage<unknown>>();

  override async setup(): Promise<void> {
    await super.setup();
    const storages = this.#storages;
    asyncHooks.AsyncLocalStorage = class<T> extends AsyncLocalStorage<T> {
      constructor() {
        super();
        storages.add(this as asyncHooks.AsyncLocalStorage<unknown>);
      }
    } as typeof AsyncLocalStorage;
  }

  override async teardown(): Promise<void> {
    asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
    for (const storage of this.#storages) storage.disable();
    await super.teardown();
  }
}

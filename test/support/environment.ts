import asyncHooks from 'node:async_hooks';
import { createRequire } from 'node:module';
import { TestEnvironment } from 'jest-environment-node';
import type { CleanUp } from './after-file.ts';
import { type Exchange, showExchanges } from './exchanges.ts';
import { joinRealms } from './realms.ts';

const { AsyncLocalStorage } = asyncHooks;

/** The environment of one test file. */
export default class Environment extends TestEnvironment {
  readonly #exchanges: Exchange[] = [];
  readonly #cleanUps: CleanUp[] = [];
  readonly #storages = new Set<asyncHooks.AsyncLocalStorage<unknown>>();

  override async setup(): Promise<void> {
    await super.setup();
    this.global.exchanges = this.#exchanges;
    this.global.cleanUps = this.#cleanUps;
    this.global.requireOfWorker = createRequire(__filename);
    joinRealms(this.global);
    const storages = this.#storages;
    provide(
      class<T> extends AsyncLocalStorage<T> {
        constructor() {
          super();
          storages.add(this as asyncHooks.AsyncLocalStorage<unknown>);
        }
      } as typeof AsyncLocalStorage,
    );
  }

  /** A test that fails shows its last requests. */
  async handleTestEvent({
    name,
    test,
  }: {
    name: string;
    test?: { errors: [unknown, unknown][] };
  }): Promise<void> {
    if (name !== 'test_done' || test === undefined) return;
    const exchanges = this.#exchanges.splice(0);
    if (exchanges.length === 0) return;
    for (const errors of test.errors) errors[0] = withNote(errors[0], showExchanges(exchanges));
  }

  /**
   * Disables each AsyncLocalStorage that the file leaves behind: until Node 24 every promise of the process costs time for
   * each of them, and each keeps its file's modules in memory.
   */
  override async teardown(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
    provide(AsyncLocalStorage);
    for (const storage of this.#storages) storage.disable();
    await super.teardown();
  }
}

/** Makes this the class that modules import. Since Node 22 it is a property without a setter. */
function provide(storage: typeof AsyncLocalStorage): void {
  Object.defineProperty(asyncHooks, 'AsyncLocalStorage', {
    value: storage,
    configurable: true,
    enumerable: true,
  });
}

/** `error`, as jest is to print it: between the message and the stack, where that begins, stands `note`. */
function withNote(error: unknown, note: string): unknown {
  const stack = (error as Error | undefined)?.stack;
  if (stack === undefined) return `${error}\n\n${note}`;
  (error as Error).stack = stack.replace(/(?=\n\s+at )|$/, () => `\n\n${note}\n`);
  return error;
}

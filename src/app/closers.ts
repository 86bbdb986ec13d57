import type { Logger } from '../core/ports.ts';

/** What is to be closed, in the reverse order of opening: what serves goes first, what it rests on last. */
export class Closers {
  readonly #logger: Logger;
  readonly #stack: { readonly name: string; readonly close: () => Promise<unknown> }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, close: () => Promise<unknown>): void {
    this.#stack.push({ name, close });
  }

  /** One that cannot be closed does not keep the others open. */
  async closeAll(): Promise<void> {
    for (const { name, close } of this.#stack.splice(0).reverse()) {
      await close().catch((error: unknown) =>
        this.#logger.error({ err: error }, `${name} could not be closed`),
      );
    }
  }
}

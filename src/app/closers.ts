import type { Logger } from '../core/ports.ts';

/** Resources to close, in reverse order of opening, so that each closes before its dependencies. */
export class Closers {
  readonly #logger: Logger;
  readonly #stack: { readonly name: string; readonly close: () => Promise<unknown> }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, close: () => Promise<unknown>): void {
    this.#stack.push({ name, close });
  }

  /** Closes all resources; a failure is logged and does not prevent the others from closing. */
  async closeAll(): Promise<void> {
    for (const { name, close } of this.#stack.splice(0).reverse()) {
      await close().catch((error: unknown) => this.#logger.error({ err: error }, `closing failed: ${name}`));
    }
  }
}

import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';

/**
 * As `subscribe` of graphql-js, but a stream that has been closed yields nothing more: there, a result whose execution
 * was in progress still comes, after the client's `complete`.
 */
export async function subscribe(args: ExecutionArgs): Promise<Results | ExecutionResult> {
  const source = await createSourceEventStream(args);
  return Symbol.asyncIterator in source ? new Results(source, args) : source;
}

class Results implements AsyncIterableIterator<ExecutionResult, undefined> {
  readonly #source: AsyncIterator<unknown>;
  readonly #args: ExecutionArgs;
  #closed = false;

  constructor(source: AsyncIterable<unknown>, args: ExecutionArgs) {
    this.#source = source[Symbol.asyncIterator]();
    this.#args = args;
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const event = await this.#source.next();
    if (event.done || this.#closed) return DONE;
    try {
      const value = await execute({ ...this.#args, rootValue: event.value });
      return this.#closed ? DONE : { value, done: false };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    this.#closed = true;
    await this.#source.return?.();
    return DONE;
  }

  /** graphql-sse closes only what has it. */
  throw(): Promise<IteratorResult<ExecutionResult, undefined>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const DONE = { value: undefined, done: true } as const;

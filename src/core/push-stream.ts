/**
 * What is pushed in comes out of an async iterator, in order. Unlike an async generator around a listener, which cannot be
 * ended while it waits for the next event, `return()` ends it at once, so that whoever leaves is let go at once.
 */
export class PushStream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #capacity: number;
  readonly #onEnd: () => void;
  readonly #buffer: T[] = [];
  readonly #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #ended = false;

  /** `onEnd` runs once, when the stream has ended for whatever reason. */
  constructor({ capacity, onEnd }: { capacity: number; onEnd: () => void }) {
    this.#capacity = capacity;
    this.#onEnd = onEnd;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** A reader who is so far behind is gone, or might as well be: the stream ends rather than eat up the memory. */
  push(value: T): void {
    if (this.#ended) return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) reader({ value, done: false });
    else if (this.#buffer.length < this.#capacity) this.#buffer.push(value);
    else this.end();
  }

  /** Ends with `last`, and without what has not been read yet: it may be nothing for this reader any more. */
  endWith(last: T): void {
    // A stream may end for two reasons at once: the last word of the first may still wait to be read.
    if (this.#ended) return;
    this.#buffer.length = 0;
    this.push(last);
    this.end();
  }

  /** Lets the reader have what is there, and nothing more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const reader of this.#waiting.splice(0)) reader({ value: undefined, done: true });
    this.#onEnd();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#buffer.length > 0) return { value: this.#buffer.shift() as T, done: false };
    if (this.#ended) return { value: undefined, done: true };
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#buffer.length = 0;
    this.end();
    return { value: undefined, done: true };
  }

  async throw(): Promise<IteratorResult<T, undefined>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

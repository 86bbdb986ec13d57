interface Options<T> {
  readonly capacity: number;
  readonly onEnd: () => void;
  /** Runs whenever a value is read. */
  readonly onRead?: (value: T) => void;
}

/**
 * An async iterator over pushed values, in order. `return()` ends it at once, even while `next()` is pending; an async
 * generator around a listener would end only at its next event.
 */
export class PushStream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #capacity: number;
  readonly #onEnd: () => void;
  readonly #onRead: (value: T) => void;
  readonly #buffer: T[] = [];
  readonly #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #ended = false;

  /** `capacity`: maximum number of unread values. `onEnd` runs once, when the stream ends for any reason. */
  constructor({ capacity, onEnd, onRead = () => undefined }: Options<T>) {
    this.#capacity = capacity;
    this.#onEnd = onEnd;
    this.#onRead = onRead;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The number of values that were not read yet. */
  get unread(): number {
    return this.#buffer.length;
  }

  /** Adds a value. Ends the stream if the buffer is full: a slow reader must not exhaust memory. */
  push(value: T): void {
    if (this.#ended) return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) reader(this.#read(value));
    else if (this.#buffer.length < this.#capacity) this.#buffer.push(value);
    else this.end();
  }

  /** Ends with `last` and drops unread values, which the reader may no longer be allowed to see. */
  endWith(last: T): void {
    // Already ended for another reason: its last value may still be unread.
    if (this.#ended) return;
    this.#buffer.length = 0;
    this.push(last);
    this.end();
  }

  /** Ends the stream after the values already buffered. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const reader of this.#waiting.splice(0)) reader({ value: undefined, done: true });
    this.#onEnd();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#buffer.length > 0) return this.#read(this.#buffer.shift() as T);
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

  #read(value: T): IteratorResult<T, undefined> {
    this.#onRead(value);
    return { value, done: false };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

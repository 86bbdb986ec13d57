interface Round<Value> {
  readonly value: Promise<Value>;
  /** The callers' acts; no more are added once the read has started. */
  readonly acts: Promise<unknown>[];
}

/**
 * Serves concurrent callers of one key in rounds: one read per round, on whose value each caller then acts. A caller
 * that arrives during a round joins the next, which starts when all acts of the current one have ended. So no caller
 * acts on a value read before its call or before the effect of an earlier act.
 */
export class Rounds<Key, Value> {
  /** The end of the last round, by key. */
  readonly #ends = new Map<Key, Promise<void>>();
  /** Rounds that have not started their read, by key. */
  readonly #open = new Map<Key, Round<Value>>();

  /**
   * `read` must be equivalent for all callers of a key. Rejects if the round's read or the caller's own `act` rejects.
   */
  join<T>(key: Key, read: () => Promise<Value>, act: (value: Value) => Promise<T>): Promise<T> {
    const round = this.#open.get(key) ?? this.#add(key, read);
    const acted = round.value.then(act);
    round.acts.push(acted);
    return acted;
  }

  #add(key: Key, read: () => Promise<Value>): Round<Value> {
    const acts: Promise<unknown>[] = [];
    const before = this.#ends.get(key) ?? Promise.resolve();
    const value = before.then(() => {
      this.#open.delete(key);
      return read();
    });
    const round = { value, acts };
    this.#open.set(key, round);
    const end: Promise<void> = this.#endOf(round).then(() => {
      if (this.#ends.get(key) === end) this.#ends.delete(key);
    });
    this.#ends.set(key, end);
    return round;
  }

  async #endOf({ value, acts }: Round<Value>): Promise<void> {
    await Promise.allSettled([value]);
    await Promise.allSettled(acts);
  }
}

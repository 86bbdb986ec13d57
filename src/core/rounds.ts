interface Round<Value> {
  readonly value: Promise<Value>;
  /** What its callers do with the value, complete as soon as reading has begun. */
  readonly acts: Promise<unknown>[];
}

/**
 * Serves concurrent callers of one key in rounds: one reading for all of a round, on which each then acts. Who comes while
 * a round is under way waits for the next, which begins when all acts of this one have ended. So nobody acts on what was
 * read before they asked, or before an earlier act had its effect.
 */
export class Rounds<Key, Value> {
  /** The end of the last round of each key that has one. */
  readonly #ends = new Map<Key, Promise<void>>();
  /** Rounds that have not begun to read. */
  readonly #open = new Map<Key, Round<Value>>();

  /** `read` is the same for all callers of a key. Rejects as the round's reading or the caller's own `act` does. */
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

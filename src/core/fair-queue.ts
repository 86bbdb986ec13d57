/** Names of nested lanes, outermost first. All paths of a queue have the same length. */
export type LanePath = readonly string[];

/**
 * Fair queue of nested lanes, served round robin at each level (RFC 970). A lane with many items delays its own items;
 * it delays another lane by at most one item per round. A lane that was empty joins the end of the round.
 *
 * Unbounded and independent of time. Each operation is linear in the number of sibling lanes along its path.
 */
export class FairQueue<T> {
  readonly #all = new RoundRobin<T>();

  get size(): number {
    return this.#all.size;
  }

  add(item: T, path: LanePath): void {
    this.#all.add(item, path);
  }

  /** Removes and returns the next item; undefined if the queue is empty. */
  take(): T | undefined {
    return this.#all.take();
  }

  /** Removes an item at any position of the lane at `path`. */
  remove(item: T, path: LanePath): void {
    this.#all.remove(item, path);
  }

  /** Number of items taken before one added at `path` now, if no others are added. */
  itemsBefore(path: LanePath): number {
    return this.#all.itemsBefore(path);
  }
}

interface Lane<T> {
  readonly size: number;
  add(item: T, path: LanePath): void;
  take(): T | undefined;
  remove(item: T, path: LanePath): void;
  itemsBefore(path: LanePath): number;
}

/** A lane that contains lanes, none of them empty. */
class RoundRobin<T> implements Lane<T> {
  /** In serving order: a lane moves to the end when served. */
  readonly #lanes = new Map<string, Lane<T>>();
  size = 0;

  add(item: T, [name = '', ...rest]: LanePath): void {
    const lane =
      this.#lanes.get(name) ?? (rest.length === 0 ? new FirstComeFirstServed<T>() : new RoundRobin<T>());
    lane.add(item, rest);
    this.#lanes.set(name, lane);
    this.size += 1;
  }

  take(): T | undefined {
    const [next] = this.#lanes;
    if (next === undefined) return undefined;
    const [name, lane] = next;
    const item = lane.take();
    this.size -= 1;
    this.#lanes.delete(name);
    if (lane.size > 0) this.#lanes.set(name, lane);
    return item;
  }

  remove(item: T, [name = '', ...rest]: LanePath): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    this.size -= lane.size;
    lane.remove(item, rest);
    this.size += lane.size;
    if (lane.size === 0) this.#lanes.delete(name);
  }

  itemsBefore([name = '', ...rest]: LanePath): number {
    const ofOwnLane = this.#lanes.get(name)?.itemsBefore(rest) ?? 0;
    // Lanes before the own lane in the round are served once more than it is.
    let turns = ofOwnLane + 1;
    let before = ofOwnLane;
    for (const [other, { size }] of this.#lanes) {
      if (other === name) turns = ofOwnLane;
      else before += Math.min(size, turns);
    }
    return before;
  }
}

class FirstComeFirstServed<T> implements Lane<T> {
  readonly #items = new Set<T>();

  get size(): number {
    return this.#items.size;
  }

  add(item: T): void {
    this.#items.add(item);
  }

  take(): T | undefined {
    const [item] = this.#items;
    if (item !== undefined) this.#items.delete(item);
    return item;
  }

  remove(item: T): void {
    this.#items.delete(item);
  }

  itemsBefore(): number {
    return this.#items.size;
  }
}

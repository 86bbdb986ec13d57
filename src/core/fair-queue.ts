/** Where an item queues: names of lanes within lanes, from the widest to the narrowest, as many for every item of a queue. */
export type LanePath = readonly string[];

/**
 * Items in lanes that are served round robin (RFC 970): one item of each lane in turn, and within a lane one of each of its
 * own lanes. Whoever queues much delays what queues in the same lane and, in the others, nothing by more than one item a
 * round. A lane that had nothing to do joins the end of the round.
 *
 * It knows neither time nor bounds. Every operation takes at most as many steps as there are lanes beside those on its path.
 */
export class FairQueue<T> {
  readonly #all = new RoundRobin<T>();

  get size(): number {
    return this.#all.size;
  }

  add(item: T, path: LanePath): void {
    this.#all.add(item, path);
  }

  /** Removes the item whose turn it is; undefined when there is none. */
  take(): T | undefined {
    return this.#all.take();
  }

  /** Removes an item that waits at `path`, wherever it stands. */
  remove(item: T, path: LanePath): void {
    this.#all.remove(item, path);
  }

  /** How many items would be taken before one that were added at `path` now, if none came after it. */
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

/** A lane of lanes. None of them is empty. */
class RoundRobin<T> implements Lane<T> {
  /** In the order of their turns: a lane that has been served is put at the end. */
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
    // The lanes whose turn is before that of the own lane are served once more than it is.
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

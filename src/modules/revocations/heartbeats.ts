/** Heartbeats on their way: the oldest are given up. */
const MAX_ON_THEIR_WAY = 100;

/** The heartbeats that one instance sends to itself by way of the bus. */
export class Heartbeats {
  readonly #sentAt = new Map<string, number>();
  #lastSentAt = Number.NEGATIVE_INFINITY;

  /** When the newest that has come back was sent: later than everything before it on the bus, however long it took. */
  get lastSentAt(): number {
    return this.#lastSentAt;
  }

  send(id: string, now: number): void {
    this.#sentAt.set(id, now);
    for (const oldest of this.#sentAt.keys()) {
      if (this.#sentAt.size <= MAX_ON_THEIR_WAY) break;
      this.#sentAt.delete(oldest);
    }
  }

  /** Notes one that has come back. False for another instance's, which says nothing about our own connection. */
  receive(id: unknown): boolean {
    const sentAt = this.#sentAt.get(String(id));
    if (sentAt === undefined) return false;
    this.#sentAt.delete(String(id));
    this.#lastSentAt = Math.max(this.#lastSentAt, sentAt);
    return true;
  }
}

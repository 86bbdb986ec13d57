/** What emits `close` once. */
export interface Closable {
  once(event: 'close', listener: () => void): unknown;
}

interface Limits {
  readonly maxSockets: number;
  readonly maxSocketsPerAddress: number;
}

/**
 * Limits open connections for streams per client address and in total: an idle one takes tens of kilobytes and needs no
 * credential. Each counts from its request until it is closed.
 */
export class OpenSockets {
  readonly #limits: Limits;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Counts the connection if within the limits. An `address` of null is not limited: a router's, or a closed connection's.
   */
  admit(connection: Closable, address: string | null): 'admitted' | 'too-many' | 'too-many-of-address' {
    const ofAddress = address === null ? 0 : (this.#byAddress.get(address) ?? 0);
    if (ofAddress >= this.#limits.maxSocketsPerAddress) return 'too-many-of-address';
    if (this.#total >= this.#limits.maxSockets) return 'too-many';
    this.#total += 1;
    if (address !== null) this.#byAddress.set(address, ofAddress + 1);
    connection.once('close', () => this.#release(address));
    return 'admitted';
  }

  #release(address: string | null): void {
    this.#total -= 1;
    if (address === null) return;
    const left = (this.#byAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}

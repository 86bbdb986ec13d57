import { hash } from 'node:crypto';

/**
 * Names that were seen: a hash table of numbers, since a `Set` of the names of millions of users would take hundreds of megabytes.
 * Of each name it keeps 52 bits of a digest; that any two of two million collide is as likely as one in two thousand.
 */
export class SeenNames {
  /** At least half are empty, which 0 marks. */
  #slots = new Float64Array(1_024);
  #count = 0;

  has(name: string): boolean {
    return this.#slots[this.#slotOf(digestOf(name))] !== 0;
  }

  add(name: string): void {
    if (this.has(name)) return;
    if (2 * (this.#count + 1) > this.#slots.length) this.#grow();
    this.#put(digestOf(name));
    this.#count += 1;
  }

  /** Where a digest is, or would be put. */
  #slotOf(digest: number): number {
    let slot = digest % this.#slots.length;
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== digest) slot = (slot + 1) % this.#slots.length;
    return slot;
  }

  #put(digest: number): void {
    this.#slots[this.#slotOf(digest)] = digest;
  }

  #grow(): void {
    const digests = this.#slots;
    this.#slots = new Float64Array(2 * digests.length);
    for (const digest of digests) if (digest !== 0) this.#put(digest);
  }
}

/** From 1 to 2^52. */
function digestOf(name: string): number {
  const digest = hash('sha256', name, 'buffer');
  return digest.readUIntBE(0, 6) * 16 + (digest.readUInt8(6) & 0b1111) + 1;
}

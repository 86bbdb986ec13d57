import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from './secret.ts';

/** One secret of a ring, with the short id that everything made with it carries. */
export interface RingSecret {
  readonly id: string;
  readonly secret: Secret;
}

/**
 * The secrets of one kind that are in force: the first makes, all verify. Rotation is: put the new one behind the old on
 * every replica, then in front, then drop the old one; nobody notices.
 */
export class SecretRing {
  readonly current: RingSecret;
  readonly all: readonly RingSecret[];
  readonly #byId: ReadonlyMap<string, RingSecret>;

  constructor(secrets: readonly Secret[]) {
    const [first, ...rest] = secrets.map((secret) => ({ id: secretId(secret), secret }));
    if (first === undefined) throw new RangeError('a secret ring needs at least one secret');
    this.current = first;
    this.all = [first, ...rest];
    this.#byId = new Map(this.all.map((entry) => [entry.id, entry]));
  }

  find(id: string): RingSecret | undefined {
    return this.#byId.get(id);
  }
}

/** 32 bits of a keyed digest: enough to tell our secrets apart, useless for finding one. */
function secretId(secret: Secret): string {
  return createHmac('sha256', secret.reveal()).update('latchkey secret id').digest('hex').slice(0, 8);
}

/** A digest that tells whether a secret is the one a database was used with, and nothing else about it. */
export function fingerprint(secret: Secret): string {
  return createHmac('sha256', secret.reveal()).update('latchkey secret fingerprint').digest('hex');
}

/** Compares in constant time whatever the lengths (both sides are digested first). */
export function sameSecret(a: string, b: string): boolean {
  const digest = (value: string) => createHmac('sha256', 'latchkey compare').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from './secret.ts';

/** A secret of a ring and its short id, which everything created with the secret carries. */
export interface RingSecret {
  readonly id: string;
  readonly secret: Secret;
}

/**
 * The valid secrets of one kind: the first creates, all verify. Rotation without interruption: on every replica append
 * the new secret, then move it to the front, then remove the old one.
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

/** 32 bits of a keyed digest: enough to distinguish our secrets, too little to find one. */
function secretId(secret: Secret): string {
  return createHmac('sha256', secret.reveal()).update('latchkey secret id').digest('hex').slice(0, 8);
}

/** A digest that identifies a secret without revealing it; stored in the database to detect a wrong secret. */
export function fingerprint(secret: Secret): string {
  return createHmac('sha256', secret.reveal()).update('latchkey secret fingerprint').digest('hex');
}

/** Compares in constant time, for any lengths: both sides are hashed first. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (value: string) => createHmac('sha256', 'latchkey compare').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}

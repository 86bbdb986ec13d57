import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { RepeatableRequest } from '../../core/idempotency.ts';
import type { Secret } from '../../core/secret.ts';
import type { KeptOutcome } from './kept-outcome.store.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals the outcome of one request: under a server secret and the client's key, which is stored nowhere. So neither a stolen
 * database nor a leaked secret opens it, nor both.
 */
export class OutcomeSeal {
  /** Names the request without telling what it was: its arguments hold passwords. */
  readonly id: Buffer;
  readonly #key: Buffer;

  constructor(secret: Secret, { key, mutation, args, proof }: RepeatableRequest) {
    const derive = (purpose: string) =>
      Buffer.from(hkdfSync('sha256', secret.reveal(), key, `latchkey kept outcome ${purpose}`, KEY_BYTES));
    // Coerced arguments have the order of the schema, so the same request makes the same text.
    const text = JSON.stringify([mutation, proof, args]);
    this.id = createHmac('sha256', derive('id')).update(text).digest();
    this.#key = derive('encryption');
  }

  seal(outcome: object): KeptOutcome {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(this.id);
    const text = Buffer.concat([cipher.update(serialize(outcome)), cipher.final()]);
    return { id: this.id, sealed: Buffer.concat([nonce, text, cipher.getAuthTag()]) };
  }

  /** @throws {Error} for anything that this did not seal. */
  open({ sealed }: KeptOutcome): unknown {
    const decipher = createDecipheriv(CIPHER, this.#key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(this.id).setAuthTag(sealed.subarray(-TAG_BYTES));
    const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    return deserialize(Buffer.concat([text, decipher.final()]));
  }
}

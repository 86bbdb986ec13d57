import { createHash, createHmac, randomBytes } from 'node:crypto';
import { eventBy } from '../../core/events.ts';
import { newId, type OneTimeTokenId, type UserId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { Secret } from '../../core/secret.ts';
import type { SecretRing } from '../../core/secret-ring.ts';
import type { User, UserDirectory } from '../users/index.ts';
import type { OneTimeToken, OneTimeTokenPurpose, OneTimeTokenStore } from './one-time-token.store.ts';

const SALT_BYTES = 16;

/** `lko_` and 256 bits in base64url. */
const TOKEN = /^lko_[\w-]{43}$/;

/** How long an expired token is kept: it is told apart from an invalid one, and a message sent again takes over its data. */
const EXPIRED_SECONDS = 7 * 86_400;

export interface InvalidToken {
  readonly kind: 'invalid_token';
}

export interface ExpiredToken {
  readonly kind: 'expired_token';
}

interface Revealed {
  readonly kind: 'revealed';
  readonly text: string;
}

interface Issue {
  readonly userId: UserId;
  readonly purpose: OneTimeTokenPurpose;
  readonly emailKey: string;
  readonly lifetimeSeconds: number;
  readonly data?: JsonValue;
}

interface Dependencies {
  readonly store: OneTimeTokenStore;
  readonly secrets: SecretRing;
  readonly users: Pick<UserDirectory, 'lock'>;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/**
 * Tokens that prove access to a mailbox, for one use. A token is derived from its row and a server secret when its message is
 * sent, so that neither the queue nor the database holds one: the row has a digest only.
 */
export class OneTimeTokens {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Creates a token, which replaces the user's earlier one of this purpose. The user must be locked. */
  async issue({ lifetimeSeconds, data = null, ...rest }: Issue): Promise<OneTimeTokenId> {
    const { store, secrets } = this.#deps;
    const id = newId<OneTimeTokenId>();
    const salt = randomBytes(SALT_BYTES);
    const digest = digestOf(derive(secrets.current.secret, id, salt));
    await store.replace({ ...rest, id, salt, digest, lifetimeSeconds, data });
    return id;
  }

  /** The text of a token, for its message. Invalid: used or replaced. */
  async reveal(id: OneTimeTokenId): Promise<Revealed | InvalidToken | ExpiredToken> {
    const token = await this.#deps.store.find(id);
    if (token === null) return { kind: 'invalid_token' };
    if (hasExpired(token)) return { kind: 'expired_token' };
    // A secret that is no longer the first may have created it.
    const candidates = this.#deps.secrets.all.map(({ secret }) => derive(secret, id, token.salt));
    const text = candidates.find((candidate) => digestOf(candidate).equals(token.digest));
    return text === undefined ? { kind: 'invalid_token' } : { kind: 'revealed', text };
  }

  /** The token of a text without using it. Only its holder learns that it has expired. Records a refusal. */
  async find(
    text: string,
    purposes: readonly OneTimeTokenPurpose[],
    origin: Origin,
  ): Promise<{ readonly kind: 'found'; readonly token: OneTimeToken } | InvalidToken | ExpiredToken> {
    const token = TOKEN.test(text) ? await this.#deps.store.findByDigest(digestOf(text)) : null;
    if (token === null) {
      const stranger = { userId: null, origin };
      this.#deps.events.countRefusal(eventBy(stranger, 'one_time_token.refused', { reason: 'unknown' }));
      return { kind: 'invalid_token' };
    }
    if (!purposes.includes(token.purpose)) {
      this.#noteRefusal(token, 'other_purpose', origin);
      return { kind: 'invalid_token' };
    }
    if (!hasExpired(token)) return { kind: 'found', token };
    this.#noteRefusal(token, 'expired', origin);
    return { kind: 'expired_token' };
  }

  /** The user's latest token of a purpose, even an expired one. */
  findOf(userId: UserId, purpose: OneTimeTokenPurpose): Promise<OneTimeToken | null> {
    return this.#deps.store.findOf(userId, purpose);
  }

  /**
   * Uses a token: of concurrent callers exactly one runs `work`, in the transaction that deletes it, with the user locked. That of a
   * disabled account is invalid.
   */
  async redeem<T>(
    text: string,
    purposes: readonly OneTimeTokenPurpose[],
    origin: Origin,
    work: (token: OneTimeToken, user: User) => Promise<T>,
  ): Promise<T | InvalidToken | ExpiredToken> {
    const { store, users, unitOfWork } = this.#deps;
    const found = await this.find(text, purposes, origin);
    if (found.kind !== 'found') return found;
    const { id, userId, digest } = found.token;
    return unitOfWork.run<T | InvalidToken>(async () => {
      const user = await users.lock(userId);
      const token = await store.take(id, digest);
      if (token !== null && user?.accountStatus === 'ACTIVE') return work(token, user);
      this.#noteRefusal(found.token, 'revoked', origin);
      return { kind: 'invalid_token' };
    });
  }

  #noteRefusal(
    { userId, purpose }: OneTimeToken,
    reason: 'expired' | 'other_purpose' | 'revoked',
    origin: Origin,
  ): void {
    const facts = { userId, purpose, reason };
    this.#deps.events.countRefusal(eventBy({ userId: null, origin }, 'one_time_token.refused', facts));
  }

  /** Revokes a user's tokens, of these purposes or all, within a transaction. */
  async revokeAllOf(userId: UserId, purposes: readonly OneTimeTokenPurpose[] | null = null): Promise<void> {
    await this.#deps.store.deleteOf(userId, purposes);
  }

  /** Deletes what expired long ago. */
  purge(limit: number): Promise<number> {
    return this.#deps.store.purge(EXPIRED_SECONDS, limit);
  }
}

const hasExpired = ({ expiresAt, readAt }: OneTimeToken) => expiresAt <= readAt;

function derive(secret: Secret, id: OneTimeTokenId, salt: Buffer): string {
  const key = createHmac('sha256', secret.reveal()).update('latchkey one-time token').digest();
  return `lko_${createHmac('sha256', key).update(id).update(salt).digest('base64url')}`;
}

/** Without salt or work factor: the token has 256 bits (OWASP ASVS 6.5.2). */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

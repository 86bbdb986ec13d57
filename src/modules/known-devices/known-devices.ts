import type { Clock } from '../../core/clock.ts';
import type { Digest } from '../../core/digest.ts';
import { newId, parseId, type UserId } from '../../core/ids.ts';
import { addressBucket } from '../../core/ip-address.ts';
import type { Origin } from '../../core/principal.ts';
import { sameSecret } from '../../core/secret-ring.ts';
import { KNOWN_SECONDS } from '../sessions/index.ts';

const TOKEN = /^lkd_([0-9a-f-]{36})\.([0-9a-z]{1,9})\.([\w-]{22})$/;

interface Dependencies {
  readonly sessions: {
    /** Whether the user has, or had, a session that was used from this address within so many seconds. */
    wasUsedFrom(userId: UserId, address: string, seconds: number): Promise<boolean>;
  };
  /** The first creates, all verify. */
  readonly digests: readonly [Digest, ...Digest[]];
  readonly clock: Clock;
}

/**
 * Recognises devices that have signed in to an account before, by a cookie or by their address. What strangers do to the
 * account does not hinder them (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). The cookie is no credential: a
 * password is needed as well. It decides whose failures count together, and who may sign in during an attack.
 */
export class KnownDevices {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The value of the cookie that makes a device known to a user's account. */
  tokenFor(userId: UserId): { readonly token: string; readonly expiresAt: Date } {
    const now = this.#deps.clock.now().getTime();
    const issuedAt = Math.floor(now / 1_000).toString(36);
    return {
      token: `lkd_${userId}.${issuedAt}.${macOf(this.#deps.digests[0], userId, issuedAt)}`,
      expiresAt: new Date(now + KNOWN_SECONDS * 1_000),
    };
  }

  /** Whether a cookie was given to this user. */
  isTokenOf(userId: UserId, token: string | null): boolean {
    const [, owner = '', issuedAt = '', mac = ''] = TOKEN.exec(token ?? '') ?? [];
    if (
      parseId<UserId>(owner) !== userId ||
      !this.#deps.digests.some((digest) => sameSecret(mac, macOf(digest, userId, issuedAt)))
    )
      return false;
    const ageSeconds = this.#deps.clock.now().getTime() / 1_000 - Number.parseInt(issuedAt, 36);
    return ageSeconds < KNOWN_SECONDS;
  }

  /**
   * Whether a session of the user was used from the caller's address. Null, for an account that does not exist, takes the
   * same time.
   */
  async isAddressOf(userId: UserId | null, { ipAddress }: Origin): Promise<boolean> {
    if (ipAddress === null) return false;
    const user = userId ?? newId<UserId>();
    return this.#deps.sessions.wasUsedFrom(user, addressBucket(ipAddress), KNOWN_SECONDS);
  }
}

function macOf(digest: Digest, userId: UserId, issuedAt: string): string {
  return digest('device', `${userId}.${issuedAt}`);
}

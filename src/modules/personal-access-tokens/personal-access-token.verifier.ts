import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import type { Origin, PersonalAccessTokenPrincipal } from '../../core/principal.ts';
import { type Roles, scopesOf } from '../../core/scopes.ts';
import type { Revocations } from '../revocations/index.ts';
import type { PersonalAccessTokenStore, TokenWithOwner } from './personal-access-token.store.ts';
import type { PersonalAccessToken } from './personal-access-token.ts';
import { imprintOf } from './token-format.ts';
import type { TokenUsage } from './token-usage.ts';

/** Tokens that are remembered at most. */
const CACHE_SIZE = 10_000;

/** How long one is remembered. Revocations must be remembered for longer, or a revoked token would come back. */
export const tokenMemorySeconds = 240;

interface Dependencies {
  readonly store: PersonalAccessTokenStore;
  readonly revocations: Revocations;
  readonly usage: TokenUsage;
  readonly events: EventLog;
  readonly roles: Roles;
  readonly clock: Clock;
  readonly monotonicNow?: () => number;
}

/** What was read of a token, and when (monotonic): true until something is heard of the token or its owner. */
interface Known {
  readonly found: TokenWithOwner | null;
  readonly readAt: number;
}

/** Tells whom a personal access token speaks for: without the database once it knows the token, and never with a write. */
export class PersonalAccessTokenAuthenticator {
  readonly #dependencies: Dependencies;
  readonly #monotonicNow: () => number;
  readonly #cache = new LRUCache<string, Promise<Known>>({ max: CACHE_SIZE, ttl: tokenMemorySeconds * 1000 });

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#monotonicNow = dependencies.monotonicNow ?? (() => performance.now());
  }

  /** Null for a token that is good for nothing. @throws {UnavailableError} */
  async authenticate(token: string, origin: Origin): Promise<PersonalAccessTokenPrincipal | null> {
    const imprint = imprintOf(token);
    if (imprint === null) return null;
    const found = await this.#find(imprint.digest);
    if (found === null || found.accountStatus !== 'ACTIVE') return null;
    const { token: record, roles } = found;
    if (record.revokeReason === 'ROTATED') this.#reportReuse(record, origin);
    if (record.revokedAt !== null || record.expiresAt <= this.#dependencies.clock.now()) return null;
    this.#dependencies.usage.note(record.id, origin.ipAddress);
    const allowed = scopesOf(roles, this.#dependencies.roles);
    return {
      kind: 'personal_access_token',
      userId: record.userId,
      personalAccessTokenId: record.id,
      scopes: new Set(record.scopes.filter((scope) => allowed.has(scope))),
      expiresAt: record.expiresAt,
    };
  }

  async #find(digest: Buffer): Promise<TokenWithOwner | null> {
    const key = digest.toString('base64');
    const cached = await this.#cache.get(key);
    if (cached !== undefined && this.#isCurrent(cached)) return cached.found;
    return (await this.#load(key, digest)).found;
  }

  /** A token that does not exist is remembered too: one cannot come to be by being asked for. */
  #load(key: string, digest: Buffer): Promise<Known> {
    const readAt = this.#monotonicNow();
    const loading = this.#dependencies.store.findByDigest(digest).then((found) => ({ found, readAt }));
    this.#cache.set(key, loading);
    loading.catch(() => this.#cache.delete(key));
    return loading;
  }

  #isCurrent({ found, readAt }: Known): boolean {
    if (found === null) return true;
    const { revocations } = this.#dependencies;
    const { id, userId } = found.token;
    return revocations.isUnchangedSince(id, readAt) && revocations.isUnchangedSince(userId, readAt);
  }

  /** Somebody still holds what was replaced: a script that was forgotten, or a thief. */
  #reportReuse({ id, userId }: PersonalAccessToken, origin: Origin): void {
    const unknown = { userId: null, origin };
    this.#dependencies.events.countRefusal(
      eventBy(unknown, 'personal_access_token.reused', { userId, personalAccessTokenId: id }),
    );
  }
}

import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { Clock } from '../../core/clock.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import { refusedFor, type TokenVerifier, type Verification } from '../authentication/index.ts';
import type { Revocations } from '../revocations/index.ts';
import type { PersonalAccessTokenStore, RecordWithOwner } from './personal-access-token.store.ts';
import type { PersonalAccessToken } from './personal-access-token.ts';
import { imprintOf, looksLikeToken } from './token-format.ts';
import type { TokenUsage } from './token-usage.ts';

/** Maximum number of cached tokens. */
const CACHE_SIZE = 10_000;

/** How long a token is cached. Revocations must be kept for longer, or a revoked token would become valid again. */
export const tokenMemorySeconds = 240;

interface Dependencies {
  readonly store: PersonalAccessTokenStore;
  readonly revocations: Revocations;
  readonly usage: TokenUsage;
  readonly events: EventLog;
  readonly roleCatalogue: RoleCatalogue;
  readonly clock: Clock;
  readonly monotonicNow?: () => number;
}

/** A token as read at a (monotonic) time: current until the token or its owner changes. */
interface Known {
  readonly found: RecordWithOwner | null;
  readonly readAt: number;
}

/** Verifies personal access tokens; a cached one without asking the database. */
export class PersonalAccessTokenVerifier implements TokenVerifier {
  readonly #deps: Dependencies;
  readonly #monotonicNow: () => number;
  readonly #cache = new LRUCache<string, Promise<Known>>({
    ...atMost(CACHE_SIZE),
    ttl: tokenMemorySeconds * 1000,
  });

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#monotonicNow = deps.monotonicNow ?? (() => performance.now());
  }

  recognises(token: string): boolean {
    return looksLikeToken(token);
  }

  async verify(token: string): Promise<Verification> {
    const { clock, events, revocations, roleCatalogue, usage } = this.#deps;
    const imprint = imprintOf(token);
    const found = imprint && (await this.#find(imprint.digest));
    if (found === null) return refusedFor(events, { credential: 'personal_access_token', reason: 'invalid' });
    const { record, roles } = found;
    if (found.accountStatus !== 'ACTIVE') return this.#refused(record, 'account_disabled');
    if (record.revokeReason === 'ROTATED') return this.#replaced(record);
    // The database may have lost what was heard.
    if (record.revokedAt !== null || revocations.has(record.id)) return this.#refused(record, 'revoked');
    if (record.expiresAt <= clock.now()) return this.#refused(record, 'expired');
    const allowed = roleCatalogue.scopesOf(roles);
    return {
      principal: {
        kind: 'personal_access_token',
        userId: record.userId,
        personalAccessTokenId: record.id,
        scopes: new Set(record.scopes.filter((scope) => allowed.has(scope))),
        expiresAt: record.expiresAt,
        notBefore: revocations.notBefore(record.userId),
      },
      credentialId: record.id,
      facts: { audience: null, issuedAt: record.createdAt, roles: null },
      observe: (origin) => usage.note(record.id, origin),
    };
  }

  #refused(
    { id, userId }: PersonalAccessToken,
    reason: 'revoked' | 'expired' | 'account_disabled',
  ): Verification {
    const facts = { credential: 'personal_access_token', reason, userId, personalAccessTokenId: id } as const;
    return refusedFor(this.#deps.events, facts, id);
  }

  async #find(digest: Buffer): Promise<RecordWithOwner | null> {
    const key = digest.toString('base64');
    const cached = await this.#cache.get(key);
    if (cached !== undefined && this.#isCurrent(cached)) return cached.found;
    for (;;) {
      const known = await this.#load(key, digest);
      // What was heard meanwhile may be missing in it.
      if (this.#isCurrent(known)) return known.found;
    }
  }

  /** Caches also that a token does not exist: nobody can create a token with a chosen value. */
  #load(key: string, digest: Buffer): Promise<Known> {
    const readAt = this.#monotonicNow();
    const loading = this.#deps.store.findByDigest(digest).then((found) => ({ found, readAt }));
    this.#cache.set(key, loading);
    loading.catch(() => this.#cache.delete(key));
    return loading;
  }

  #isCurrent({ found, readAt }: Known): boolean {
    if (found === null) return true;
    const { revocations } = this.#deps;
    const { id, userId } = found.record;
    return revocations.isUnchangedSince(id, readAt) && revocations.isUnchangedSince(userId, readAt);
  }

  /**
   * Refuses a token that was rotated, and records its use: a forgotten script or an attacker still holds it. Only the request
   * that carries the token records it, since the event names the request's origin.
   */
  #replaced({ id, userId }: PersonalAccessToken): Verification {
    return {
      principal: null,
      facts: null,
      credentialId: id,
      observe: (origin) =>
        this.#deps.events.countRefusal(
          eventBy({ userId: null, origin }, 'personal_access_token.reused', {
            userId,
            personalAccessTokenId: id,
          }),
        ),
    };
  }
}

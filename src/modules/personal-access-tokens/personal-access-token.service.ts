import { type Actor, actorOf } from '../../core/actor.ts';
import { alignById, groupBy } from '../../core/align.ts';
import { forbidden } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import { type NotFound, newId, type PersonalAccessTokenId, type UserId } from '../../core/ids.ts';
import type { InvalidInput } from '../../core/invalid-field.ts';
import type { PageRequest } from '../../core/page.ts';
import type { CredentialCheck, EventLog, UnitOfWork } from '../../core/ports.ts';
import {
  type Caller,
  holds,
  isSelf,
  type Origin,
  type Principal,
  type Reader,
  requireSession,
  requireUser,
  type SessionPrincipal,
} from '../../core/principal.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import { type RateLimited, type RateLimits, shedding } from '../rate-limits/index.ts';
import type { SessionQueries } from '../sessions/index.ts';
import type { User, UserDirectory } from '../users/index.ts';
import type { PersonalAccessTokenStore } from './personal-access-token.store.ts';
import {
  type PersonalAccessToken,
  type PersonalAccessTokenStatus,
  type RevokeReason,
  statusOf,
} from './personal-access-token.ts';
import { factsOf, revokedEvent } from './revoked-event.ts';
import { imprintOf, mintToken } from './token-format.ts';
import { parseTokenInput, type TokenInput, type TokenSpecification } from './token-input.ts';

/** `token` is returned only here, and stored nowhere. */
interface Created {
  readonly kind: 'created';
  readonly record: PersonalAccessToken;
  readonly token: string;
}

interface ReauthenticationRequired {
  readonly kind: 'reauthentication_required';
}

type CreateTokenOutcome =
  | Created
  | ReauthenticationRequired
  | InvalidInput
  | { readonly kind: 'limit_reached'; readonly limit: number };

type RotateTokenOutcome = Created | ReauthenticationRequired | NotFound;

type RevokeTokenOutcome = { readonly kind: 'revoked'; readonly record: PersonalAccessToken } | NotFound;

/**
 * How long a revoked or expired token remains listed, in seconds. Until then the use of one that was rotated is reported: a
 * forgotten script runs at least once a quarter.
 */
const KEPT_SECONDS = 90 * 86_400;

interface TokenLimits {
  readonly maxPerUser: number;
  readonly maxDays: number;
}

interface Dependencies {
  readonly store: PersonalAccessTokenStore;
  readonly users: Pick<UserDirectory, 'findMany'>;
  readonly credentials: CredentialCheck;
  readonly sessionQueries: SessionQueries;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly roleCatalogue: RoleCatalogue;
  readonly limits: TokenLimits;
  readonly rateLimits: RateLimits;
}

/** Creates, lists, rotates and revokes personal access tokens. Creating takes a session that signed in recently. */
export class PersonalAccessTokenService {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws {RateLimitedError} */
  async create(caller: Caller, input: TokenInput): Promise<CreateTokenOutcome> {
    const principal = requireSession(caller);
    const { sessionQueries, unitOfWork, users, credentials, roleCatalogue, limits } = this.#deps;
    if (!(await sessionQueries.isRecentlyAuthenticated(caller))) return { kind: 'reauthentication_required' };
    await this.#spend(caller.origin, principal);
    return unitOfWork.run(async () => {
      await credentials.requireLive(caller);
      const [owner] = await users.findMany([principal.userId]);
      if (owner === undefined) throw forbidden('Your account no longer exists.');
      const rules = { roleCatalogue, ownersRoles: owner.roles, maxDays: limits.maxDays };
      const parsing = parseTokenInput(input, rules);
      if (parsing.kind === 'invalid_input') return parsing;
      if ((await this.#deps.store.countActive(principal.userId)) >= limits.maxPerUser) {
        return { kind: 'limit_reached', limit: limits.maxPerUser };
      }
      const created = await this.#insert(principal, parsing.specification);
      await this.#deps.events.record(
        eventBy(actorOf(caller), 'personal_access_token.created', factsOf(created.record)),
      );
      return this.#deps.outcomes.keep(created);
    });
  }

  /**
   * Replaces a token by a new one and revokes the old one at once, since a copy of it may be in use elsewhere.
   *
   * @throws {RateLimitedError}
   */
  async rotate(caller: Caller, id: PersonalAccessTokenId): Promise<RotateTokenOutcome> {
    const principal = requireSession(caller);
    const { sessionQueries, unitOfWork, users, credentials, store, roleCatalogue, limits } = this.#deps;
    if (!(await sessionQueries.isRecentlyAuthenticated(caller))) return { kind: 'reauthentication_required' };
    await this.#spend(caller.origin, principal);
    return unitOfWork.run(async () => {
      await credentials.requireLive(caller);
      const [owner] = await users.findMany([principal.userId]);
      const [old] = await store.findMany([id]);
      if (owner === undefined || old?.userId !== principal.userId || statusOf(old) !== 'ACTIVE')
        return { kind: 'not_found' };
      const revoked = await this.#revoke(actorOf(caller), old.id, 'ROTATED');
      if (revoked === null) return { kind: 'not_found' };
      const grantable = roleCatalogue.scopesOf(owner.roles);
      const scopes = old.scopes.filter((scope) => grantable.has(scope));
      if (scopes.length === 0) throw forbidden('You hold none of the scopes of this token any more.');
      const grantedSeconds = Math.round((old.expiresAt.getTime() - old.createdAt.getTime()) / 1000);
      // The limit may be lower than when the old one was created.
      const lifetimeSeconds = Math.min(grantedSeconds, limits.maxDays * 86_400);
      const created = await this.#insert(principal, { name: old.name, scopes, lifetimeSeconds });
      await this.#deps.events.record(
        eventBy(actorOf(caller), 'personal_access_token.rotated', factsOf(created.record)),
      );
      return this.#deps.outcomes.keep(created);
    });
  }

  /** Revokes a token: the caller's own by a session, anyone's with `tokens:write:any`. Needs no recent sign-in. */
  async revoke(caller: Caller, id: PersonalAccessTokenId): Promise<RevokeTokenOutcome> {
    const principal = requireUser(caller);
    const [found] = await this.#deps.store.findMany([id]);
    const own = principal.kind === 'session' && found?.userId === principal.userId;
    if (found === undefined || !(own || holds(principal, 'tokens:write:any'))) {
      if (principal.kind !== 'session' && !holds(principal, 'tokens:write:any')) requireSession(caller);
      return { kind: 'not_found' };
    }
    return this.#deps.unitOfWork.run<RevokeTokenOutcome>(async () => {
      await this.#deps.credentials.requireLive(caller, found.userId);
      const record = await this.#revoke(actorOf(caller), id, 'REVOKED');
      return this.#deps.outcomes.keep({ kind: 'revoked', record: record ?? found });
    });
  }

  /** Revokes all active tokens of a user, within the transaction of a use case that authorised it. */
  async revokeAllOf(actor: Actor, userId: UserId, reason: RevokeReason): Promise<void> {
    await this.#recordRevoked(actor, await this.#deps.store.revokeAllOf(userId, reason), reason);
  }

  /** Revokes a leaked token. Anyone who holds it may do so, and learns nothing else. */
  revokeLeaked(caller: Caller, token: string): Promise<{ readonly kind: 'accepted' } | RateLimited> {
    return shedding(async () => {
      await this.#deps.rateLimits.spend(caller.origin, ['leaks.address']);
      const imprint = imprintOf(token);
      const found = imprint && (await this.#deps.store.findByDigest(imprint.digest));
      if (found) {
        await this.#deps.unitOfWork.run(() => this.#revoke(actorOf(caller), found.record.id, 'LEAKED'));
      }
      return { kind: 'accepted' } as const;
    });
  }

  /** @throws {PublicError} FORBIDDEN without `tokens:read` for the principal's own, or `tokens:write:any`. */
  requireMayList(principal: Reader, userId: UserId): void {
    if (!this.#maySee(principal, userId))
      throw forbidden('You may not list the personal access tokens of this user.');
  }

  /**
   * A page of the tokens of each of these users, and one more if there is a next page: `result[i]` belongs to
   * `userIds[i]`. Authorise each of them before.
   */
  async list(
    userIds: readonly UserId[],
    status: PersonalAccessTokenStatus | null,
    page: PageRequest,
  ): Promise<PersonalAccessToken[][]> {
    const lists = groupBy(await this.#deps.store.listOf(userIds, status, page), ({ userId }) => userId);
    return userIds.map((userId) => lists.get(userId) ?? []);
  }

  /** Counts the tokens of a status of each of these users: `result[i]` belongs to `userIds[i]`. Authorise before. */
  async count(userIds: readonly UserId[], status: PersonalAccessTokenStatus | null): Promise<number[]> {
    const counts = await this.#deps.store.countOf(userIds, status);
    return userIds.map((userId) => counts.get(userId) ?? 0);
  }

  /** The tokens of these ids, null if missing or not visible to the principal: `result[i]` belongs to `ids[i]`. */
  async findVisible(
    principal: Principal,
    ids: readonly PersonalAccessTokenId[],
  ): Promise<(PersonalAccessToken | null)[]> {
    const found = await this.#deps.store.findMany(ids);
    return alignById(
      ids,
      found.filter(({ userId }) => this.#maySee(principal, userId)),
    );
  }

  /** Deletes tokens that ended long ago. */
  purge(limit: number): Promise<number> {
    return this.#deps.store.purge(KEPT_SECONDS, limit);
  }

  /** The scopes that this user may grant to a token, in the catalogue's order. Authorise before. */
  grantableScopes({ roles }: User): readonly string[] {
    return [...this.#deps.roleCatalogue.scopesOf(roles)];
  }

  #maySee(principal: Reader, userId: UserId): boolean {
    return (
      (isSelf(principal, userId) && holds(principal, 'tokens:read')) || holds(principal, 'tokens:write:any')
    );
  }

  #spend(origin: Origin, { userId }: SessionPrincipal): Promise<void> {
    return this.#deps.rateLimits.spend(origin, [{ limit: 'tokens.user', subject: userId }]);
  }

  async #insert({ userId }: SessionPrincipal, specification: TokenSpecification): Promise<Created> {
    const token = mintToken();
    const imprint = imprintOf(token);
    if (imprint === null) throw new Error('a minted token is malformed');
    const record = await this.#deps.store.insert({ ...specification, ...imprint, id: newId(), userId });
    return { kind: 'created', record, token };
  }

  async #revoke(
    actor: Actor,
    id: PersonalAccessTokenId,
    reason: RevokeReason,
  ): Promise<PersonalAccessToken | null> {
    const revoked = await this.#deps.store.revoke(id, reason);
    if (revoked !== null) await this.#recordRevoked(actor, [revoked], reason);
    return revoked;
  }

  async #recordRevoked(
    actor: Actor,
    revoked: readonly PersonalAccessToken[],
    reason: RevokeReason,
  ): Promise<void> {
    await this.#deps.events.record(...revoked.map((record) => revokedEvent(actor, record, reason)));
  }
}

import {
  longestLifetimeSeconds,
  MAX_TTL_SECONDS,
  ORDINARY_TTL_SECONDS,
} from '../../core/access-token-lifetimes.ts';
import type { Clock } from '../../core/clock.ts';
import type { CompatibleClaim } from '../../core/compatible-claims.ts';
import {
  newId,
  type PersonalAccessTokenId,
  type ServiceClientId,
  type SessionId,
  type UserId,
} from '../../core/ids.ts';
import type { ScopeName } from '../../core/scopes.ts';
import type { PublicJwk, SigningKey, SigningKeys } from '../../core/signing-key.ts';
import type { AccessTokenClaims, SessionTokenClaims } from './access-token-claims.ts';
import {
  ACCESS_TOKEN_TYPE,
  accessTokenClaimsParser,
  FIRST_PARTY_CLIENT_ID,
  fromSeconds,
  SERVICE_TOKEN_TYPE,
  toSeconds,
} from './access-token-claims.ts';
import { readJwsHeader, signJws, verifyJws } from './jws.ts';

interface CommonInput {
  readonly scopes: Iterable<ScopeName>;
  /** Tokens issued before this time are revoked. It may be ahead of our clock; the new token must still be valid. */
  readonly notBefore?: Date | null;
}

interface UserInput extends CommonInput {
  readonly userId: UserId;
  /** The token expires with what it stands for at the latest. */
  readonly endsAt: Date;
}

/** Input of a session's access token; its other claims come from the clock and the configuration. */
export interface SessionTokenInput
  extends UserInput,
    Pick<SessionTokenClaims, 'sessionId' | 'generation' | 'roles' | 'authenticatedAt'> {
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | null;
}

/** Input of an access token in place of a personal access token, for other subgraphs. */
export interface ExchangedTokenInput extends UserInput {
  readonly personalAccessTokenId: PersonalAccessTokenId;
}

/** Input of an access token with which a service client acts for a user. */
export interface DelegatedTokenInput extends UserInput {
  readonly clientId: ServiceClientId;
  readonly sessionId: SessionId;
  readonly audience: string;
}

/** Input of the token of a service client that acts for itself. */
export interface ServiceTokenInput extends CommonInput {
  readonly clientId: ServiceClientId;
  readonly audience: string;
}

/** `expired`: otherwise valid. `invalid`: `reason` is for the log and never quotes the token. */
export type AccessTokenVerification =
  | { readonly kind: 'valid'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'expired'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'invalid'; readonly reason: string };

/** An access token that was issued, with the scopes that it has. */
export interface IssuedAccessToken {
  readonly kind: 'issued';
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly scopes: readonly ScopeName[];
}

export interface SignedToken {
  readonly token: string;
  /** Claim `jti`. */
  readonly id: string;
  readonly expiresAt: Date;
}

/** Signs and verifies access tokens (RFC 9068): short-lived, verified without the database. */
export interface AccessTokens {
  /** Our own: that of all tokens but those that service clients get, which may have another. */
  readonly audience: string;
  /** The public keys, for other services that verify our tokens (RFC 7517 §5). */
  readonly jwks: { readonly keys: readonly PublicJwk[] };
  sign(input: SessionTokenInput): SignedToken;
  /** In place of a personal access token: RFC 8693. */
  signExchanged(input: ExchangedTokenInput): SignedToken;
  /** RFC 8693 too, with `act`. */
  signDelegated(input: DelegatedTokenInput): SignedToken;
  signService(input: ServiceTokenInput): SignedToken;
  /** Of tokens for one of these audiences; without them, for our own. */
  verify(token: string, audiences?: readonly string[]): AccessTokenVerification;
}

/**
 * Maximum clock skew of the issuing replica; replicas measure one clock, that of the database, and differ by far less. Expiry has no tolerance, so no token is
 * accepted for longer than its lifetime plus this.
 */
const CLOCK_TOLERANCE_SECONDS = 5;

/** How long an access token may be accepted after it was issued, where this lifetime is configured: so long its revocation counts. */
export const acceptedSeconds = (ttlSeconds: number) =>
  longestLifetimeSeconds(ttlSeconds) + CLOCK_TOLERANCE_SECONDS;

/**
 * Access tokens of one issuer. The first of `keys` signs and all verify, which allows key rotation.
 *
 * @throws {RangeError} if `ttlSeconds` is not a whole number from 1 to 3,600.
 */
export function createAccessTokens(options: {
  keys: SigningKeys;
  issuer: string;
  audience: string;
  ttlSeconds: number;
  compatibleClaims?: readonly CompatibleClaim[];
  clock: Clock;
  random?: () => number;
}): AccessTokens {
  const { keys, issuer, audience, ttlSeconds, compatibleClaims = [], clock, random = Math.random } = options;
  const [signingKey] = keys;
  const own = [audience];
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) {
    throw new RangeError(`access tokens live from 1 to ${MAX_TTL_SECONDS} seconds`);
  }
  const keysByKid = new Map<unknown, SigningKey>(keys.map((key) => [key.kid, key]));
  const parseClaims = accessTokenClaimsParser({ issuer, ttlSeconds });
  const ordinary = Math.min(ttlSeconds, ORDINARY_TTL_SECONDS);

  function sign(
    type: string,
    input: CommonInput & { readonly endsAt?: Date; readonly audience?: string },
    longest: number,
    claims: (iat: number) => object,
  ): SignedToken {
    const now = toSeconds(clock.now());
    const earliest = input.notBefore == null ? now : Math.ceil(input.notBefore.getTime() / 1000);
    // Within the clock tolerance, or the token would not be accepted yet.
    const iat = Math.max(now, Math.min(earliest, now + CLOCK_TOLERANCE_SECONDS));
    const left = input.endsAt === undefined ? longest : toSeconds(input.endsAt) - iat;
    const exp = iat + Math.max(Math.min(shortened(longest, random), left), 1);
    const id = newId();
    const common = { iss: issuer, aud: input.audience ?? audience, iat, exp, jti: id };
    const payload = { ...common, scope: [...input.scopes].join(' '), ...claims(iat) };
    return { token: signJws(payload, signingKey, type), id, expiresAt: fromSeconds(exp) };
  }

  return {
    audience,
    jwks: { keys: [...keysByKid.values()].flatMap(({ publicJwk }) => publicJwk ?? []) },

    sign: (input) =>
      sign(ACCESS_TOKEN_TYPE, input, ttlSeconds, (iat) => ({
        sub: input.userId,
        sid: input.sessionId,
        gen: input.generation,
        client_id: FIRST_PARTY_CLIENT_ID,
        // Dated by the database, of which our measurement may be behind; `auth_time` must not be after `iat`.
        auth_time: Math.min(toSeconds(input.authenticatedAt), iat),
        roles: input.roles,
        // OpenID Connect Core §5.1. For other services; not read here.
        email_verified: input.emailVerified,
        ...compatible(input, compatibleClaims),
      })),

    // Without roles: a back-end that goes by them would give it all that its owner may do.
    signExchanged: (input) =>
      sign(ACCESS_TOKEN_TYPE, input, ordinary, () => ({
        sub: input.userId,
        client_id: input.personalAccessTokenId,
        act: { sub: input.personalAccessTokenId },
      })),

    signDelegated: (input) =>
      sign(ACCESS_TOKEN_TYPE, input, ordinary, () => ({
        sub: input.userId,
        // It dies with the session.
        sid: input.sessionId,
        client_id: input.clientId,
        act: { sub: input.clientId },
      })),

    signService: (input) =>
      sign(SERVICE_TOKEN_TYPE, input, ordinary, () => ({ sub: input.clientId, client_id: input.clientId })),

    verify(token, audiences = own) {
      const signer = signerOf(token, keysByKid);
      if (signer.kind === 'invalid') return signer;
      const now = clock.now();
      const verified = verifyJws(token, signer.key);
      if (verified.kind === 'invalid') return verified;
      const parsed = parseClaims(signer.type, verified.claims);
      if (!parsed.success) return invalid(`claim ${String(parsed.error.issues[0]?.path[0])}`);
      const claims = parsed.data;
      if (!audiences.includes(claims.audience)) return invalid(OTHER_AUDIENCE);
      if (toSeconds(claims.issuedAt) > toSeconds(now) + CLOCK_TOLERANCE_SECONDS) return invalid(ISSUED_AHEAD);
      return { kind: now < claims.expiresAt ? 'valid' : 'expired', claims };
    },
  };
}

/** What back-ends read that were made for another system. Not read here. */
function compatible(
  { userId, username, email, roles }: SessionTokenInput,
  claims: readonly CompatibleClaim[],
): Partial<Record<CompatibleClaim, unknown>> {
  const values = { user_id: userId, username, email, is_admin: roles.includes('admin') };
  return Object.fromEntries(claims.map((claim) => [claim, values[claim]]));
}

/** Why a token of ours is invalid that is for other services. */
export const OTHER_AUDIENCE = 'claim aud';

/** Why a token of ours is invalid that was dated by a clock ahead of ours. */
export const ISSUED_AHEAD = 'claim iat is ahead of the clock';

type Invalid = Extract<AccessTokenVerification, { kind: 'invalid' }>;

const invalid = (reason: string): Invalid => ({ kind: 'invalid', reason });

/** Up to 5 % less than `ttlSeconds`, so that clients that signed in together do not refresh together. */
function shortened(ttlSeconds: number, random: () => number): number {
  const steps = Math.floor(ttlSeconds / 20) + 1;
  return ttlSeconds - Math.floor(random() * steps);
}

/** The key named by a token's header, and the type of the token. */
function signerOf(
  token: string,
  keysByKid: ReadonlyMap<unknown, SigningKey>,
): Invalid | { readonly kind: 'known'; readonly key: SigningKey; readonly type: string } {
  const header = readJwsHeader(token);
  if (header.kind === 'invalid') return header;
  const { alg, kid, typ } = header;
  if (typ !== ACCESS_TOKEN_TYPE && typ !== SERVICE_TOKEN_TYPE) return invalid('header typ');
  // Only compared with known ids: never parsed, and never used to look up a file or row.
  const key = keysByKid.get(kid);
  if (key === undefined) return invalid('header kid');
  return key.alg === alg ? { kind: 'known', key, type: typ } : invalid('header alg');
}

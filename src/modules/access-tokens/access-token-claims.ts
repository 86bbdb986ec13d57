// As a namespace, since the bundle takes the used parts of it; the export `z` holds the messages of all languages.
import * as z from 'zod';
import { longestLifetimeSeconds, ORDINARY_TTL_SECONDS } from '../../core/access-token-lifetimes.ts';
import type { PersonalAccessTokenId, ServiceClientId, SessionId, UserId } from '../../core/ids.ts';
import { parseId } from '../../core/ids.ts';

/** The claims of a verified access token. */
export type AccessTokenClaims =
  | SessionTokenClaims
  | ExchangedTokenClaims
  | DelegatedTokenClaims
  | ServiceTokenClaims;

interface CommonClaims {
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

interface UserClaims extends CommonClaims {
  readonly userId: UserId;
}

export interface SessionTokenClaims extends UserClaims {
  readonly kind: 'session';
  readonly sessionId: SessionId;
  /** The generation of the session's refresh token that it was issued with. */
  readonly generation: number;
  readonly roles: readonly string[];
  /** When the user was last authenticated. */
  readonly authenticatedAt: Date;
}

/** Of a personal access token that was exchanged. */
export interface ExchangedTokenClaims extends UserClaims {
  readonly kind: 'personal_access_token';
  readonly personalAccessTokenId: PersonalAccessTokenId;
}

/** Of a service client that acts for a user, by exchange of an access token of their session. */
export interface DelegatedTokenClaims extends UserClaims {
  readonly kind: 'delegated';
  readonly clientId: ServiceClientId;
  readonly sessionId: SessionId;
}

/** Of a service client that acts for itself. */
export interface ServiceTokenClaims extends CommonClaims {
  readonly kind: 'service';
  readonly clientId: ServiceClientId;
}

/** The header `typ` of tokens that act as a user, or for one (RFC 9068 §2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** The header `typ` of tokens of services: whoever expects a user must not take one for a user (RFC 8725 §3.11). */
export const SERVICE_TOKEN_TYPE = 'service+jwt';

/** The client of first-party sessions (RFC 9068 §2.2 requires `client_id`). */
export const FIRST_PARTY_CLIENT_ID = 'latchkey';

interface Expected {
  readonly issuer: string;
  readonly ttlSeconds: number;
}

/**
 * Parses the claims of RFC 9068 §2.2 and our own, of exact types, without coercion. Unknown claims are ignored (RFC 7519 §4):
 * during a rollout, the old version must accept tokens of the new one. Callers compare the audience.
 */
export function accessTokenClaimsParser(expected: Expected) {
  const session = sessionTokenClaims(expected);
  const exchanged = exchangedTokenClaims(expected);
  const delegated = delegatedTokenClaims(expected);
  const service = serviceTokenClaims(expected);
  return (type: string, claims: unknown) => {
    if (type === SERVICE_TOKEN_TYPE) return service.safeParse(claims);
    if (!has(claims, 'act')) return session.safeParse(claims);
    return has(claims, 'sid') ? delegated.safeParse(claims) : exchanged.safeParse(claims);
  };
}

const has = (claims: unknown, name: string) =>
  typeof claims === 'object' && claims !== null && name in claims;

function sessionTokenClaims(expected: Expected) {
  return z
    .object({
      ...userClaims(expected),
      sid: z.custom<SessionId>(isId),
      client_id: z.literal(FIRST_PARTY_CLIENT_ID),
      gen: count,
      auth_time: count,
      roles: z.array(z.string()),
    })
    .refine(...livesAtMost(longestLifetimeSeconds(expected.ttlSeconds)))
    .refine(({ iat, auth_time }) => auth_time <= iat, { path: ['auth_time'] })
    .transform(
      (claims): SessionTokenClaims => ({
        kind: 'session',
        ...userOf(claims),
        sessionId: claims.sid,
        generation: claims.gen,
        roles: claims.roles,
        authenticatedAt: fromSeconds(claims.auth_time),
      }),
    );
}

/** RFC 8693 §4.1: the personal access token acts for its owner. */
function exchangedTokenClaims(expected: Expected) {
  return z
    .object({
      ...userClaims(expected),
      act: z.object({ sub: z.custom<PersonalAccessTokenId>(isId) }),
      client_id: z.string(),
      sid: z.never().optional(),
      roles: z.never().optional(),
    })
    .refine(...livesAtMost(ORDINARY_TTL_SECONDS))
    .refine(({ act, client_id }) => client_id === act.sub, { path: ['client_id'] })
    .transform(
      (claims): ExchangedTokenClaims => ({
        kind: 'personal_access_token',
        ...userOf(claims),
        personalAccessTokenId: claims.act.sub,
      }),
    );
}

/** RFC 8693 §4.1: the service client acts for the user. */
function delegatedTokenClaims(expected: Expected) {
  return z
    .object({
      ...userClaims(expected),
      act: z.object({ sub: z.custom<ServiceClientId>(isId) }),
      client_id: z.string(),
      sid: z.custom<SessionId>(isId),
      roles: z.never().optional(),
    })
    .refine(...livesAtMost(ORDINARY_TTL_SECONDS))
    .refine(({ act, client_id }) => client_id === act.sub, { path: ['client_id'] })
    .transform(
      (claims): DelegatedTokenClaims => ({
        kind: 'delegated',
        ...userOf(claims),
        clientId: claims.act.sub,
        sessionId: claims.sid,
      }),
    );
}

/** RFC 9068 §2.2: without a user, the subject is the client. */
function serviceTokenClaims(expected: Expected) {
  return z
    .object({
      ...commonClaims(expected),
      sub: z.custom<ServiceClientId>(isId),
      client_id: z.string(),
      sid: z.never().optional(),
      act: z.never().optional(),
      roles: z.never().optional(),
    })
    .refine(...livesAtMost(ORDINARY_TTL_SECONDS))
    .refine(({ sub, client_id }) => client_id === sub, { path: ['client_id'] })
    .transform(
      (claims): ServiceTokenClaims => ({ kind: 'service', ...commonOf(claims), clientId: claims.sub }),
    );
}

/** A safe integer: JSON's 1e999 parses to Infinity, which never expires. */
const count = z.int().nonnegative();

const commonClaims = ({ issuer }: Expected) => ({
  iss: z.literal(issuer),
  // Never an array: a token valid for two audiences can be replayed from one to the other.
  aud: z.string().min(1),
  jti: z.string().min(1),
  iat: count,
  exp: count,
  // Ours have none, and it is not compared with the clock here.
  nbf: z.never().optional(),
  scope: z.string(),
});

const userClaims = (expected: Expected) => ({ ...commonClaims(expected), sub: z.custom<UserId>(isId) });

interface Dated {
  readonly iat: number;
  readonly exp: number;
}

const livesAtMost = (seconds: number) =>
  [({ iat, exp }: Dated) => exp > iat && exp - iat <= seconds, { path: ['exp'] as string[] }] as const;

interface Common extends Dated {
  readonly aud: string;
  readonly scope: string;
}

const userOf = (claims: Common & { sub: UserId }): UserClaims => ({
  userId: claims.sub,
  ...commonOf(claims),
});

function commonOf({ aud, scope, iat, exp }: Common): CommonClaims {
  return {
    audience: aud,
    scopes: scope.split(' ').filter((name) => name !== ''),
    issuedAt: fromSeconds(iat),
    expiresAt: fromSeconds(exp),
  };
}

/** Canonical spelling only, so that lookups by id cannot be bypassed. */
function isId(value: unknown): boolean {
  return typeof value === 'string' && parseId(value) === value;
}

export const toSeconds = (date: Date) => Math.floor(date.getTime() / 1000);
export const fromSeconds = (seconds: number) => new Date(seconds * 1000);

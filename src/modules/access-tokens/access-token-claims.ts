// As a namespace, since the bundle takes the used parts of it; the export `z` holds the messages of all languages.
import * as z from 'zod';
import { longestLifetimeSeconds, ORDINARY_TTL_SECONDS } from '../../core/access-token-lifetimes.ts';
import type { PersonalAccessTokenId, SessionId, UserId } from '../../core/ids.ts';
import { parseId } from '../../core/ids.ts';

/** The claims of a verified access token: of a session, or of a personal access token that was exchanged. */
export type AccessTokenClaims = SessionTokenClaims | ExchangedTokenClaims;

interface CommonClaims {
  readonly userId: UserId;
  readonly scopes: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface SessionTokenClaims extends CommonClaims {
  readonly kind: 'session';
  readonly sessionId: SessionId;
  /** The generation of the session's refresh token that it was issued with. */
  readonly generation: number;
  readonly roles: readonly string[];
  /** When the user was last authenticated. */
  readonly authenticatedAt: Date;
}

export interface ExchangedTokenClaims extends CommonClaims {
  readonly kind: 'personal_access_token';
  readonly personalAccessTokenId: PersonalAccessTokenId;
}

/** The client of first-party sessions (RFC 9068 §2.2 requires `client_id`). */
export const FIRST_PARTY_CLIENT_ID = 'latchkey';

interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly ttlSeconds: number;
}

/**
 * Parses the claims of RFC 9068 §2.2 and our own, of exact types, without coercion. Unknown claims are ignored (RFC 7519 §4):
 * during a rollout, the old version must accept tokens of the new one.
 */
export function accessTokenClaimsParser(expected: Expected) {
  const session = sessionTokenClaims(expected);
  const exchanged = exchangedTokenClaims(expected);
  return (claims: unknown) =>
    typeof claims === 'object' && claims !== null && 'act' in claims
      ? exchanged.safeParse(claims)
      : session.safeParse(claims);
}

function sessionTokenClaims(expected: Expected) {
  return z
    .object({
      ...commonClaims(expected),
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
        ...commonOf(claims),
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
      ...commonClaims(expected),
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
        ...commonOf(claims),
        personalAccessTokenId: claims.act.sub,
      }),
    );
}

/** A safe integer: JSON's 1e999 parses to Infinity, which never expires. */
const count = z.int().nonnegative();

const commonClaims = ({ issuer, audience }: Expected) => ({
  iss: z.literal(issuer),
  // Never an array: a token valid for two audiences can be replayed from one to the other.
  aud: z.literal(audience),
  sub: z.custom<UserId>(isId),
  jti: z.string().min(1),
  iat: count,
  exp: count,
  // Ours have none, and it is not compared with the clock here.
  nbf: z.never().optional(),
  scope: z.string(),
});

interface Dated {
  readonly iat: number;
  readonly exp: number;
}

const livesAtMost = (seconds: number) =>
  [({ iat, exp }: Dated) => exp > iat && exp - iat <= seconds, { path: ['exp'] as string[] }] as const;

function commonOf({ sub, scope, iat, exp }: Dated & { sub: UserId; scope: string }): CommonClaims {
  return {
    userId: sub,
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

// As a namespace, since the bundle takes the used parts of it; the export `z` holds the messages of all languages.
import * as z from 'zod';
import type { SessionId, UserId } from '../../core/ids.ts';
import { parseId } from '../../core/ids.ts';

/** The claims of a verified access token. */
export interface AccessTokenClaims {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** The generation of the session's refresh token that it was issued with. */
  readonly generation: number;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** When the user was last authenticated. */
  readonly authenticatedAt: Date;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Offline verifiers accept a token of an ended session for no longer, unless the operator allows it. */
const ORDINARY_TTL_SECONDS = 300;

/** The longest lifetime of tokens that are accepted: those of instances whose configured lifetime differs, too, up to the ordinary one. */
export const longestLifetimeSeconds = (ttlSeconds: number) => Math.max(ttlSeconds, ORDINARY_TTL_SECONDS);

/** The client of first-party sessions (RFC 9068 §2.2 requires `client_id`). */
export const FIRST_PARTY_CLIENT_ID = 'latchkey';

/**
 * The claims of RFC 9068 §2.2 and our own, of exact types, without coercion. Unknown claims are ignored (RFC 7519 §4):
 * during a rollout, the old version must accept tokens of the new one.
 */
export function accessTokenClaimsSchema(expected: { issuer: string; audience: string; ttlSeconds: number }) {
  return z
    .object({
      iss: z.literal(expected.issuer),
      // Never an array: a token valid for two audiences can be replayed from one to the other.
      aud: z.literal(expected.audience),
      sub: z.custom<UserId>(isId),
      sid: z.custom<SessionId>(isId),
      client_id: z.literal(FIRST_PARTY_CLIENT_ID),
      jti: z.string().min(1),
      gen: count,
      iat: count,
      exp: count,
      // Ours have none, and it is not compared with the clock here.
      nbf: z.never().optional(),
      auth_time: count,
      scope: z.string(),
      roles: z.array(z.string()),
    })
    .refine(({ iat, exp }) => exp > iat && exp - iat <= longestLifetimeSeconds(expected.ttlSeconds), {
      path: ['exp'],
    })
    .refine(({ iat, auth_time }) => auth_time <= iat, { path: ['auth_time'] })
    .transform(
      (claims): AccessTokenClaims => ({
        userId: claims.sub,
        sessionId: claims.sid,
        generation: claims.gen,
        scopes: claims.scope.split(' ').filter((scope) => scope !== ''),
        roles: claims.roles,
        authenticatedAt: fromSeconds(claims.auth_time),
        issuedAt: fromSeconds(claims.iat),
        expiresAt: fromSeconds(claims.exp),
      }),
    );
}

/** A safe integer: JSON's 1e999 parses to Infinity, which never expires. */
const count = z.int().nonnegative();

/** Canonical spelling only, so that lookups by id cannot be bypassed. */
function isId(value: unknown): boolean {
  return typeof value === 'string' && parseId(value) === value;
}

export const toSeconds = (date: Date) => Math.floor(date.getTime() / 1000);
export const fromSeconds = (seconds: number) => new Date(seconds * 1000);

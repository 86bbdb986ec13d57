import { type PersonalAccessTokenId, parseId, type SessionId, type UserId } from './ids.ts';

/** A revoked session or token, or a user whose older access tokens are revoked. Ids are unique across kinds. */
export type Revocation =
  | { readonly kind: 'session'; readonly id: SessionId; readonly notBefore: null }
  | { readonly kind: 'personal_access_token'; readonly id: PersonalAccessTokenId; readonly notBefore: null }
  /** Access tokens issued before `notBefore` are refused. */
  | { readonly kind: 'user'; readonly id: UserId; readonly notBefore: Date };

/** Parses a revocation; null if invalid, since any client of Redis can publish. */
export function parseRevocation(data: unknown): Revocation | null {
  const { kind, id, notBefore } = (data ?? {}) as { kind?: unknown; id?: unknown; notBefore?: unknown };
  switch (kind) {
    case 'session': {
      const sessionId = parseId<SessionId>(id);
      return sessionId && { kind, id: sessionId, notBefore: null };
    }
    case 'personal_access_token': {
      const tokenId = parseId<PersonalAccessTokenId>(id);
      return tokenId && { kind, id: tokenId, notBefore: null };
    }
    case 'user': {
      const userId = parseId<UserId>(id);
      const time = new Date(String(notBefore));
      return userId && !Number.isNaN(time.getTime()) ? { kind, id: userId, notBefore: time } : null;
    }
    default:
      return null;
  }
}

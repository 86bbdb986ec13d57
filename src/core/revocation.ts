import { type PersonalAccessTokenId, parseId, type SessionId, type UserId } from './ids.ts';

/** A revoked session or token, or a user whose older access tokens are revoked. Ids are unique across kinds. */
export type Revocation =
  | {
      readonly kind: 'session';
      readonly id: SessionId;
      readonly notBefore: null;
      /** Why, as its module names it. Unknown of a message of an instance of the previous release. */
      readonly reason?: string;
    }
  | {
      readonly kind: 'personal_access_token';
      readonly id: PersonalAccessTokenId;
      readonly notBefore: null;
      readonly reason?: string;
    }
  /** Access tokens issued before `notBefore` are refused. */
  | { readonly kind: 'user'; readonly id: UserId; readonly notBefore: Date };

export type RevocationOf<Kind extends Revocation['kind']> = Extract<Revocation, { readonly kind: Kind }>;

/** Parses a revocation; null if invalid, since any client of Redis can publish. */
export function parseRevocation(data: unknown): Revocation | null {
  const { kind, id, notBefore, reason } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const known = typeof reason === 'string' && { reason };
  switch (kind) {
    case 'session': {
      const sessionId = parseId<SessionId>(id);
      return sessionId && { kind, id: sessionId, notBefore: null, ...known };
    }
    case 'personal_access_token': {
      const tokenId = parseId<PersonalAccessTokenId>(id);
      return tokenId && { kind, id: tokenId, notBefore: null, ...known };
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

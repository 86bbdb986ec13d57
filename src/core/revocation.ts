import {
  type PersonalAccessTokenId,
  parseId,
  type ServiceClientId,
  type SessionId,
  type UserId,
} from './ids.ts';

/** A revoked session or token, or a user or a service client whose older tokens are revoked. Ids are unique across kinds. */
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
  | { readonly kind: 'user'; readonly id: UserId; readonly notBefore: Date }
  /** As for `user`. Every change of a client is announced so, with the time that is in force. */
  | { readonly kind: 'service_client'; readonly id: ServiceClientId; readonly notBefore: Date };

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
      const time = parseTime(notBefore);
      return userId && time && { kind, id: userId, notBefore: time };
    }
    case 'service_client': {
      const clientId = parseId<ServiceClientId>(id);
      const time = parseTime(notBefore);
      return clientId && time && { kind, id: clientId, notBefore: time };
    }
    default:
      return null;
  }
}

function parseTime(value: unknown): Date | null {
  const time = new Date(String(value));
  return Number.isNaN(time.getTime()) ? null : time;
}

import { randomUUID } from 'node:crypto';

declare const brand: unique symbol;

/** A branded id: a string parsed as one kind of id, not assignable to another kind. */
export type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type UserId = Id<'User'>;
export type SessionId = Id<'Session'>;
export type EventId = Id<'Event'>;
export type PersonalAccessTokenId = Id<'PersonalAccessToken'>;
export type ServiceClientId = Id<'ServiceClient'>;
export type OneTimeTokenId = Id<'OneTimeToken'>;
export type MailId = Id<'Mail'>;
export type DeferredRequestId = Id<'DeferredRequest'>;

/** A new random id (UUID version 4, RFC 9562 §5.4). Never use as a credential. */
export function newId<I extends Id<string>>(): I {
  return randomUUID() as I;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The canonical (lower-case) id in `value`, or null if it is not an id; callers treat that as not found. */
export function parseId<I extends Id<string>>(value: unknown): I | null {
  return typeof value === 'string' && UUID.test(value) ? (value.toLowerCase() as I) : null;
}

/** The outcome of a use case whose subject does not exist, or not for the caller. */
export interface NotFound {
  readonly kind: 'not_found';
}

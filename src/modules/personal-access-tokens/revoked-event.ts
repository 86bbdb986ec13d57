import type { Actor } from '../../core/actor.ts';
import { eventBy, type NewEvent } from '../../core/events.ts';
import type { PersonalAccessToken, RevokeReason } from './personal-access-token.ts';

/** What events say of a token. */
export function factsOf({ id, userId, name, scopes }: PersonalAccessToken) {
  return { userId, personalAccessTokenId: id, name, scopes };
}

/** The event of a revoked token. Record it in the transaction that revoked it. */
export function revokedEvent(actor: Actor, record: PersonalAccessToken, reason: RevokeReason): NewEvent {
  return eventBy(actor, 'personal_access_token.revoked', { ...factsOf(record), reason });
}

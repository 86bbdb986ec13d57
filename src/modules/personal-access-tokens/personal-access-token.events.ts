import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { PersonalAccessTokenId, UserId } from '../../core/ids.ts';
import type { RevokeReason } from './personal-access-token.ts';

type OfToken = { readonly userId: UserId; readonly personalAccessTokenId: PersonalAccessTokenId };
type Described = OfToken & { readonly name: string; readonly scopes: readonly string[] };

export const personalAccessTokenEvents = {
  'personal_access_token.created': auditEvent<Described>(),
  'personal_access_token.rotated': auditEvent<Described>(),
  'personal_access_token.revoked': auditEvent<Described & { readonly reason: RevokeReason }>({
    revokes: ({ personalAccessTokenId: id }) => ({ kind: 'personal_access_token', id, notBefore: null }),
  }),
  'personal_access_token.reused': auditEvent<OfToken>({ outcome: 'FAILURE' }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof personalAccessTokenEvents> {}
}

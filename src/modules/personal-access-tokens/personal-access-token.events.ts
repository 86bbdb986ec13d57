import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { PersonalAccessTokenId, UserId } from '../../core/ids.ts';
import type { RevokeReason } from './personal-access-token.ts';

type OfToken = { readonly userId: UserId; readonly personalAccessTokenId: PersonalAccessTokenId };
type Described = OfToken & { readonly name: string; readonly scopes: readonly string[] };

const id = { personalAccessTokenId: 'id of the token' };
const described = { ...id, name: 'its name', scopes: 'its scopes' };

export const personalAccessTokenEvents = {
  'personal_access_token.created': auditEvent<Described>({
    description: 'A personal access token was created.',
    facts: described,
  }),
  'personal_access_token.rotated': auditEvent<Described>({
    description:
      'A personal access token was created in place of another, whose `personal_access_token.revoked` is beside.',
    facts: described,
  }),
  'personal_access_token.revoked': auditEvent<Described & { readonly reason: RevokeReason }>({
    description: 'A personal access token was revoked.',
    facts: {
      ...described,
      reason:
        'why: `REVOKED` by the owner or an administrator, `ROTATED`, `LEAKED`, `PASSWORD_CHANGED`, `EMAIL_VERIFIED`, `ACCOUNT_DISABLED`, `ACCOUNT_DELETED`, or `UNKNOWN` if the database had lost it',
    },
    revokes: ({ personalAccessTokenId: id, reason }) => ({
      kind: 'personal_access_token',
      id,
      notBefore: null,
      reason,
    }),
  }),
  'personal_access_token.reused': auditEvent<OfToken>({
    description:
      'A personal access token was used after it was rotated: a forgotten script or somebody else still holds it. Counted by token and minute.',
    facts: id,
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof personalAccessTokenEvents> {}
}

import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

export const userEvents = {
  'user.profile_updated': auditEvent<{
    readonly userId: UserId;
    readonly changed: readonly ('username' | 'name')[];
  }>({
    description: 'The username or the name was changed.',
    facts: { changed: 'names of the changed fields, not their values' },
  }),
  'user.role_change_lost': auditEvent<{ readonly userId: UserId; readonly notBefore: string }>({
    description:
      "The database had lost a change of the user's roles, by a failover. Access tokens from before the change are refused again, but " +
      'the roles are those from before: set them again.',
    facts: { notBefore: 'access tokens issued before this time are refused' },
    revokes: ({ userId, notBefore }) => ({ kind: 'user', id: userId, notBefore: new Date(notBefore) }),
  }),
  'user.data_exported': auditEvent<{ readonly userId: UserId }>({
    description: 'An operator exported all that is stored about the person.',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof userEvents> {}
}

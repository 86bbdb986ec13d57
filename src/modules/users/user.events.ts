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
  'user.data_exported': auditEvent<{ readonly userId: UserId }>({
    description: 'An operator exported all that is stored about the person.',
  }),
  'user.roles_changed': auditEvent<{
    readonly userId: UserId;
    readonly roles: readonly string[];
    readonly notBefore: string;
  }>({
    description: "The user's roles were replaced. Access tokens from before are refused; clients refresh.",
    facts: { roles: 'all roles from now on', notBefore: 'access tokens issued before this time are refused' },
    revokes: ({ userId, notBefore }) => ({ kind: 'user', id: userId, notBefore: new Date(notBefore) }),
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof userEvents> {}
}

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
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof userEvents> {}
}

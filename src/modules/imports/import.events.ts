import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

export const importEvents = {
  /**
   * Not published: other services hear of a sign-up to serve a new user, while these users were known before; and a million messages
   * would delay those of sessions that end.
   */
  'user.imported': auditEvent<{ readonly userId: UserId; readonly roles: readonly string[] }>({
    description: 'An operator imported the account from another system, by `import-users`.',
    facts: { roles: 'the roles that it was created with' },
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof importEvents> {}
}

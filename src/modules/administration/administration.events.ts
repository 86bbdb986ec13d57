import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

type OfUser = { readonly userId: UserId };

export const administrationEvents = {
  'user.disabled': auditEvent<OfUser>({
    description:
      'The account was disabled. Each session and token that ended with it has an event of its own.',
  }),
  'user.enabled': auditEvent<OfUser>({ description: 'The account, which was disabled, was enabled.' }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof administrationEvents> {}
}

import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

export const mailEvents = {
  /** A message to a user was refused for good, bounced, or could not be sent in time. */
  'mail.failed': auditEvent<{ readonly userId: UserId; readonly kind: string }>({ outcome: 'FAILURE' }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof mailEvents> {}
}

import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

export const mailEvents = {
  'mail.failed': auditEvent<{ readonly userId: UserId; readonly kind: string }>({
    description:
      'A message to the user was refused by the mail server, bounced, or could not be sent in time.',
    facts: { kind: 'kind of message, such as `reset-password`' },
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof mailEvents> {}
}

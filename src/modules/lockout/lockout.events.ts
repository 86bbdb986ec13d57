import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

export const lockoutEvents = {
  /** Too many wrong passwords. The subject is the user, if the identifier is a user's. */
  'lockout.started': auditEvent<{ readonly failures: number }>({ outcome: 'FAILURE' }),
  'lockout.ended': auditEvent<{ readonly userId: UserId }>(),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof lockoutEvents> {}
}

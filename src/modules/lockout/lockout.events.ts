import { auditEvent, type DataOf, type NoFacts } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

export const lockoutEvents = {
  /** Too many wrong passwords. The subject is the user, if the identifier is a user's. */
  'lockout.started': auditEvent<{ readonly failures: number }>({ outcome: 'FAILURE' }),
  /** A sign-in or password check while locked. Counted by user and minute. */
  'lockout.refused': auditEvent<NoFacts>({ outcome: 'FAILURE' }),
  'lockout.ended': auditEvent<{ readonly userId: UserId }>(),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof lockoutEvents> {}
}

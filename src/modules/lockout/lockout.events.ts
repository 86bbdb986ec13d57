import { auditEvent, type DataOf, type NoFacts } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

export const lockoutEvents = {
  'lockout.started': auditEvent<{ readonly failures: number }>({
    description:
      'Too many wrong passwords in a row: sign-in by this e-mail address or username, or the password checks of this user, are locked ' +
      'for a while. Without a subject no account has it.',
    facts: { failures: 'wrong passwords in a row' },
    outcome: 'FAILURE',
  }),
  'lockout.refused': auditEvent<NoFacts>({
    description: 'A sign-in or a password check was refused while locked. Counted by account and minute.',
    outcome: 'FAILURE',
  }),
  'lockout.ended': auditEvent<{ readonly userId: UserId }>({
    description:
      "The failures and locks of an account were forgotten: by an administrator or an operator, or with the user's new password.",
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof lockoutEvents> {}
}

import { auditEvent, type DataOf, type NoFacts, SESSION_REVISION } from '../../core/event-kind.ts';
import type { SessionId, UserId } from '../../core/ids.ts';

export const signInEvents = {
  'user.login': auditEvent<{
    readonly userId: UserId;
    readonly sessionId: SessionId;
    readonly sessionRevision: number;
  }>({
    description: 'The user signed in.',
    facts: { sessionRevision: SESSION_REVISION },
    channel: 'auth:user.login',
  }),
  'user.new_device': auditEvent<{ readonly userId: UserId; readonly sessionId: SessionId }>({
    description:
      'Beside `user.login`: from a device that the account knows neither by its cookie nor by its address. The owner gets a message.',
  }),
  'user.login_failed': auditEvent<NoFacts | { readonly userId: UserId }>({
    description:
      'A sign-in was refused: by a wrong password or, with `userId` in the data, after a right one, because the account is disabled or ' +
      'its address not confirmed. Without a subject no account has what was entered, which is not recorded: people enter passwords there.',
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof signInEvents> {}
}

import { auditEvent, type DataOf, type NoFacts } from '../../core/event-kind.ts';
import type { SessionId, UserId } from '../../core/ids.ts';

export const signInEvents = {
  'user.login': auditEvent<{ readonly userId: UserId; readonly sessionId: SessionId }>({
    channel: 'auth:user.login',
  }),
  /** With `userId`, the proof was valid, but the account is disabled. */
  'user.login_failed': auditEvent<NoFacts | { readonly userId: UserId }>({ outcome: 'FAILURE' }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof signInEvents> {}
}

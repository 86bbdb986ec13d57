import { auditEvent, type DataOf, type NoFacts } from '../../core/event-kind.ts';
import type { SessionId, UserId } from '../../core/ids.ts';

export const signInEvents = {
  'user.login': auditEvent<{ readonly userId: UserId; readonly sessionId: SessionId }>({
    channel: 'auth:user.login',
  }),
  /** Beside `user.login`: with a device that is not known, neither by its cookie nor by its address. */
  'user.new_device': auditEvent<{ readonly userId: UserId; readonly sessionId: SessionId }>(),
  /** With `userId`, the proof was valid, but the account is disabled or its address not confirmed. */
  'user.login_failed': auditEvent<NoFacts | { readonly userId: UserId }>({ outcome: 'FAILURE' }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof signInEvents> {}
}

import { auditEvent, type DataOf, type NoFacts } from '../../core/event-kind.ts';
import type { SessionId, UserId } from '../../core/ids.ts';

type OfUser = { readonly userId: UserId };

export const passwordEvents = {
  'user.registered': auditEvent<OfUser & { readonly roles?: readonly string[] }>({
    channel: 'auth:user.registered',
  }),
  /** A right password from a suspicious address: somebody else may know it. */
  'user.login_blocked': auditEvent<OfUser>({ outcome: 'FAILURE' }),
  'user.password_changed': auditEvent<OfUser & { readonly sessionId: SessionId }>(),
  /** By the operator. */
  'user.password_set': auditEvent<OfUser>(),
  'user.password_reset_requested': auditEvent<OfUser>(),
  'user.password_reset': auditEvent<OfUser>(),
  'user.deleted': auditEvent<OfUser>({ channel: 'auth:user.deleted' }),
  'user.password_check_failed': auditEvent<NoFacts>({ outcome: 'FAILURE' }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof passwordEvents> {}
}

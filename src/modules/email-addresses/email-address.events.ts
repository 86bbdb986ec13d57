import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

type OfUser = { readonly userId: UserId };

export const emailAddressEvents = {
  'user.email_verification_sent': auditEvent<OfUser>(),
  'user.email_verified': auditEvent<OfUser>(),
  'user.email_change_requested': auditEvent<OfUser>(),
  'user.email_changed': auditEvent<OfUser>(),
  'user.email_change_cancelled': auditEvent<OfUser>(),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof emailAddressEvents> {}
}

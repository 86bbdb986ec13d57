import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

type OfUser = { readonly userId: UserId };

export const emailAddressEvents = {
  'user.email_verification_sent': auditEvent<OfUser>({
    description: 'A message by which the e-mail address can be confirmed was queued.',
  }),
  'user.email_verified': auditEvent<OfUser>({
    description:
      'The owner of the mailbox confirmed the e-mail address. Sessions and personal access tokens from before end.',
  }),
  'user.email_change_requested': auditEvent<OfUser>({
    description:
      'The user asked for another e-mail address. It counts once it is confirmed; the old one gets a message by which to cancel.',
  }),
  'user.email_changed': auditEvent<OfUser>({
    description:
      'The e-mail address was replaced by another: one that its owner confirmed or, by an administrator, one that is not confirmed.',
  }),
  'user.email_change_cancelled': auditEvent<OfUser>({
    description:
      'A requested change of the e-mail address was cancelled by the link in the message to the old one.',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof emailAddressEvents> {}
}

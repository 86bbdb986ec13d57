import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

type OfUser = { readonly userId: UserId };

export const administrationEvents = {
  'user.disabled': auditEvent<OfUser>({
    description:
      'The account was disabled. Each session and token that ended with it has an event of its own.',
  }),
  'user.enabled': auditEvent<OfUser>({ description: 'The account, which was disabled, was enabled.' }),
  'user.deleted': auditEvent<OfUser>({
    description: 'The account was deleted. Its events remain, with ids, IP addresses and user agents.',
    channel: 'auth:user.deleted',
  }),
  'user.roles_changed': auditEvent<
    OfUser & { readonly roles: readonly string[]; readonly notBefore: string }
  >({
    description: "The user's roles were replaced. Access tokens from before are refused; clients refresh.",
    facts: { roles: 'all roles from now on', notBefore: 'access tokens issued before this time are refused' },
    revokes: ({ userId, notBefore }) => ({ kind: 'user', id: userId, notBefore: new Date(notBefore) }),
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof administrationEvents> {}
}

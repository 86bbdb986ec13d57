import { auditEvent, type DataOf, type NoFacts } from '../../core/event-kind.ts';
import type { SessionId, UserId } from '../../core/ids.ts';

type OfUser = { readonly userId: UserId };

export const passwordEvents = {
  'user.registered': auditEvent<OfUser & { readonly roles?: readonly string[] }>({
    description:
      'An account was created: by signing up or, with `roles`, by an administrator or an operator.',
    facts: { roles: 'the roles that it was created with' },
    channel: 'auth:user.registered',
  }),
  'user.login_blocked': auditEvent<OfUser>({
    description:
      'A sign-in with the right password was refused, because many accounts are tried from its address: somebody else may know the ' +
      'password. The owner gets a message.',
    outcome: 'FAILURE',
  }),
  'user.password_changed': auditEvent<OfUser & { readonly sessionId: SessionId }>({
    description: 'The user changed the password, knowing the old one. All other sessions end.',
  }),
  'user.password_set': auditEvent<OfUser>({
    description: 'An operator set the password. All sessions end.',
  }),
  'user.password_reset_requested': auditEvent<OfUser>({
    description:
      'A message by which the password can be replaced was requested for the address of an account, and queued.',
  }),
  'user.password_reset': auditEvent<OfUser>({
    description:
      'The password was replaced by a link in a message to the address of the account. All sessions end.',
  }),
  'user.password_check_failed': auditEvent<NoFacts>({
    description: 'A signed-in user was asked for the password again, and it was wrong.',
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof passwordEvents> {}
}

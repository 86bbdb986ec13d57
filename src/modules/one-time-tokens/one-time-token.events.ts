import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';
import type { OneTimeTokenPurpose } from './one-time-token.store.ts';

export const oneTimeTokenEvents = {
  'one_time_token.refused': auditEvent<
    | { readonly reason: 'unknown' }
    | {
        readonly userId: UserId;
        readonly purpose: OneTimeTokenPurpose;
        readonly reason: 'expired' | 'other_purpose' | 'revoked';
      }
  >({
    description: 'The token of a link in a message was refused. Counted by token and minute.',
    facts: {
      reason:
        '`unknown`: used, replaced, or not one of ours. `expired`. `other_purpose`: sent for something else. `revoked`: revoked or used ' +
        'meanwhile, or of a disabled account',
      purpose: 'what it was sent for, such as `reset_password`',
    },
    outcome: 'FAILURE',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof oneTimeTokenEvents> {}
}

import { auditEvent, type DataOf } from '../../core/event-kind.ts';
import type { UserId } from '../../core/ids.ts';

export const userEvents = {
  'user.profile_updated': auditEvent<{
    readonly userId: UserId;
    /** Names of the changed fields. */
    readonly changed: readonly ('username' | 'name')[];
  }>(),
  /** The operator has exported all that is stored about a person. */
  'user.data_exported': auditEvent<{ readonly userId: UserId }>(),
  'user.roles_changed': auditEvent<{
    readonly userId: UserId;
    readonly roles: readonly string[];
    /** Access tokens issued before this time are refused. */
    readonly notBefore: string;
  }>({ revokes: ({ userId, notBefore }) => ({ kind: 'user', id: userId, notBefore: new Date(notBefore) }) }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof userEvents> {}
}

import { auditEvent, type DataOf, transientEvent } from '../../core/event-kind.ts';
import type { SessionId, UserId } from '../../core/ids.ts';
import type { ReuseCause } from './refresh-decision.ts';
import type { SessionEndReason } from './session-end-reason.ts';

type OfSession = { readonly userId: UserId; readonly sessionId: SessionId };

const streamedTo = ({ userId }: OfSession) => userId;

export const sessionEvents = {
  'session.created': auditEvent<OfSession & { readonly expiresAt: string }>({
    channel: 'auth:session.created',
    streamedTo,
  }),
  'session.terminated': auditEvent<OfSession & { readonly reason: SessionEndReason }>({
    channel: 'auth:session.terminated',
    streamedTo,
    revokes: ({ sessionId }) => ({ kind: 'session', id: sessionId, notBefore: null }),
  }),
  'sessions.bulk_terminated': auditEvent<{
    readonly userId: UserId;
    readonly sessionIds: readonly SessionId[];
    readonly reason: SessionEndReason;
  }>({ channel: 'auth:sessions.bulk_terminated' }),
  'session.activity_updated': transientEvent<OfSession & { readonly lastActiveAt: string }>({
    channel: 'auth:session.activity_updated',
    streamedTo,
  }),
  'session.deleted': auditEvent<OfSession>({ channel: 'auth:session.deleted' }),
  'session.refresh_token_reused': auditEvent<
    OfSession & {
      readonly cause: ReuseCause;
      /** Generation of the presented token, and the newest generation. */
      readonly presented: number;
      readonly newest: number;
      /** The last refresh, possibly by the other party. */
      readonly lastRefresh: {
        readonly at: string | null;
        readonly ipAddress: string | null;
        readonly userAgent: string | null;
      };
    }
  >({ outcome: 'FAILURE' }),
  'token.refreshed': transientEvent<OfSession>({ channel: 'auth:token.refreshed', streamedTo }),
  'token.refresh_repeated': auditEvent<OfSession>(),
  'token.refresh_refused': auditEvent<
    { readonly reason: 'unknown' } | (OfSession & { readonly reason: 'ahead' | 'forged' })
  >({ outcome: 'FAILURE' }),
  'user.logout': auditEvent<OfSession>({ channel: 'auth:user.logout' }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof sessionEvents> {}
}

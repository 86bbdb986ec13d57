import { auditEvent, type DataOf, SESSION_REVISION, transientEvent } from '../../core/event-kind.ts';
import type { SessionId, UserId } from '../../core/ids.ts';
import type { ReuseCause } from './refresh-decision.ts';
import type { SessionEndReason } from './session-end-reason.ts';

type OfSession = { readonly userId: UserId; readonly sessionId: SessionId };

/** Of events that tell others of a change. Those of previous releases lack the number. */
type OfSessionChange = OfSession & { readonly sessionRevision: number };

const sessionRevision = SESSION_REVISION;

const streamedTo = ({ userId }: OfSession) => userId;

export const sessionEvents = {
  'session.created': auditEvent<OfSessionChange & { readonly expiresAt: string }>({
    description: 'A session was created by signing up, signing in or showing the password again.',
    facts: { sessionRevision, expiresAt: 'when the session ends, even if active' },
    channel: 'auth:session.created',
    streamedTo,
  }),
  'session.terminated': auditEvent<OfSessionChange & { readonly reason: SessionEndReason }>({
    description:
      'A session ended, for any reason. Its tokens are refused. Also if the database had lost the session and its user ends it.',
    facts: { sessionRevision, reason: 'why: a value of `SessionEndReason` of the schema' },
    channel: 'auth:session.terminated',
    streamedTo,
    revokes: ({ sessionId, reason }) => ({ kind: 'session', id: sessionId, notBefore: null, reason }),
  }),
  'sessions.bulk_terminated': auditEvent<{
    readonly userId: UserId;
    readonly sessionIds: readonly SessionId[];
    readonly reason: SessionEndReason;
  }>({
    description: 'One command ended several sessions of a user. Each has its `session.terminated` beside.',
    facts: { sessionIds: 'ids of the sessions', reason: 'why: a value of `SessionEndReason` of the schema' },
    channel: 'auth:sessions.bulk_terminated',
  }),
  'session.activity_updated': transientEvent<OfSessionChange & { readonly lastActiveAt: string }>({
    description: 'A session was active: at most once a minute.',
    facts: { sessionRevision, lastActiveAt: 'when' },
    channel: 'auth:session.activity_updated',
    streamedTo,
  }),
  'session.deleted': auditEvent<OfSessionChange>({
    description: 'The row of an ended session was deleted, after `SESSION_RETENTION_DAYS`.',
    facts: { sessionRevision },
    channel: 'auth:session.deleted',
  }),
  'session.refresh_token_reused': auditEvent<
    OfSession & {
      readonly cause: ReuseCause;
      readonly presented: number;
      readonly newest: number;
      readonly lastRefresh: {
        readonly at: string | null;
        readonly ipAddress: string | null;
        readonly userAgent: string | null;
      };
    }
  >({
    description:
      'A superseded refresh token was used: two parties hold tokens of the session, one of which may have stolen them. The session ends, ' +
      'and the owner gets a message.',
    facts: {
      cause:
        'why it is no repeat of a lost answer: `strict`, `successor_used`, `older_generation`, `other_user_agent` or `too_many_late_repeats`',
      presented: 'generation of the presented token',
      newest: 'newest generation of the session',
      lastRefresh: 'time, IP address and user agent of the last refresh, possibly by the other party',
    },
    outcome: 'FAILURE',
  }),
  'session.refreshes_lost': auditEvent<OfSession & { readonly presented: number; readonly stored: number }>({
    description:
      'A refresh token was newer than its session: the database had lost writes, by a failover or a restored backup. The session goes ' +
      'on from the token.',
    facts: {
      presented: 'generation of the presented token',
      stored: 'generation of the session as the database had it',
    },
  }),
  'token.refreshed': transientEvent<OfSessionChange>({
    description: 'A refresh token was exchanged for the next one. Not for a repeat.',
    facts: { sessionRevision },
    channel: 'auth:token.refreshed',
    streamedTo,
  }),
  'token.refresh_repeated': auditEvent<OfSession>({
    description:
      'The previous refresh token was accepted again after the grace period, because its successor has shown no sign of life: the ' +
      'answer may have been lost.',
  }),
  'token.refresh_refused': auditEvent<
    { readonly reason: 'unknown' } | (OfSession & { readonly reason: 'ahead' | 'ended' | 'forged' })
  >({
    description: 'A refresh token was refused. Counted by session and minute.',
    facts: {
      reason:
        '`unknown`: not one of ours. `forged`: made with `REFRESH_SECRET`, but not for its session; the secret may have leaked. ' +
        '`ended`: the session had ended before. `ahead`, by earlier releases: newer than the session, which had lost writes',
    },
    outcome: 'FAILURE',
  }),
  'user.logout': auditEvent<OfSessionChange>({
    description: 'The user logged out.',
    facts: { sessionRevision },
    channel: 'auth:user.logout',
  }),
};

declare module '../../core/events.ts' {
  interface EventData extends DataOf<typeof sessionEvents> {}
}

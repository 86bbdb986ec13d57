import type { SessionId } from '../../core/ids.ts';
import { parsePageRequest } from '../../core/page.ts';
import type { Principal } from '../../core/principal.ts';
import { requireId } from '../../core/require-id.ts';
import { viewerOf } from '../../graphql/request/viewer.ts';
import {
  invalidToken,
  missingToken,
  notFound,
  rateLimited,
  reauthenticationRequired,
} from '../../graphql/results/auth-errors.ts';
import { connectionOf, connectionResolvers } from '../../graphql/results/connection.ts';
import { present } from '../../graphql/results/present.ts';
import type { EntityFinders } from '../../graphql/schema/entities.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import { ownerOf, type UserLoaders } from '../users/user.view.ts';
import { authentication } from './authentication.view.ts';
import { describeDevice } from './device.ts';
import type { RefreshService } from './refresh.service.ts';
import type { SessionService } from './session.service.ts';
import { endOf, idleExpiresAt, type Session, type SessionLimits, statusOf } from './session.ts';
import { type SessionLoaders, type SessionView, sessionEnded } from './session.view.ts';
import type { SessionActivity } from './session-activity.ts';
import { parseSessionFilter } from './session-filter.ts';
import type { SessionQueries } from './session-queries.ts';

interface Dependencies {
  readonly sessions: SessionService;
  readonly sessionQueries: SessionQueries;
  readonly activity: SessionActivity;
  readonly refreshes: RefreshService;
  readonly limits: SessionLimits;
  readonly sessionLoaders: SessionLoaders;
  readonly userLoaders: UserLoaders;
}

export function sessionResolvers({
  sessions,
  sessionQueries,
  activity,
  refreshes,
  limits,
  sessionLoaders,
  userLoaders,
}: Dependencies): Resolvers {
  return {
    Query: {
      currentSession: async (_root, _args, context) => {
        const session = await sessionQueries.current(context.caller);
        return session && { session };
      },
      sessions: async (_root, args, context) => {
        const { principal } = context.caller;
        const page = parsePageRequest(args);
        const filter = parseSessionFilter(args.filter);
        return connectionOf({
          entries: await sessionQueries.listAll(principal, filter, page),
          page,
          positionOf,
          toNode: (session) => ({ session }),
          countAll: () => sessionQueries.countAll(principal, filter),
        });
      },
    },
    Mutation: {
      refreshSession: async (_root, { input }, context) => {
        const given = input?.refreshToken ?? null;
        const refreshToken = given ?? context.refreshCookie.read();
        if (refreshToken === null) return missingToken();
        const outcome = await refreshes.refresh(context.anyone, refreshToken);
        const byCookie = given === null;
        return present(outcome, {
          refreshed: (refreshed) => authentication(context, refreshed, byCookie ? 'COOKIE' : 'BODY'),
          session_ended: ({ reason, endedAt }) => {
            if (byCookie) context.refreshCookie.clear();
            return sessionEnded(reason, endedAt);
          },
          invalid_token: ({ superseded }) => {
            // The cookie already holds the newer token that superseded this one: keep it.
            if (byCookie && !superseded) context.refreshCookie.clear();
            return invalidToken();
          },
          // Nobody reads it.
          abandoned: invalidToken,
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      logout: async (_root, { input }, context, info) => {
        const cookie = context.refreshCookie.read();
        const tokens = [input?.refreshToken, cookie].filter((token) => typeof token === 'string');
        const caller = context.callerIfAny;
        const proof = cookie ?? context.credentialId;
        const ended = await context.onceBy(proof, info, () => sessions.logout(caller, tokens));
        context.refreshCookie.clear();
        // Read as an optional caller: an invalid credential must not fail any field of the result.
        return terminated(ended, caller.principal);
      },
      recordActivity: async (_root, _args, context) => ({ session: await activity.record(context.caller) }),
      terminateSession: async (_root, { id }, context, info) => {
        const sessionId = requireId('Session', id);
        const outcome = await context.once(info, () => sessions.terminate(context.caller, sessionId));
        return present(outcome, {
          terminated: ({ sessions }) => sessionsTerminated(sessions, context.callerIfAny.principal),
          not_found: notFound,
        });
      },
      terminateOtherSessions: async (_root, _args, context, info) => {
        const { caller } = context;
        const outcome = await context.once(info, () => sessions.terminateOthers(caller));
        return present(outcome, {
          terminated: ({ sessions }) => sessionsTerminated(sessions),
          reauthentication_required: reauthenticationRequired,
        });
      },
      terminateUserSessions: async (_root, args, context, info) => {
        const userId = requireId('User', args.userId);
        const ended = await context.once(info, () => sessions.terminateAllOf(context.caller, userId));
        return terminated(ended, context.callerIfAny.principal);
      },
    },
    User: {
      sessions: async (view, args, context) => {
        const { readAs, user } = view;
        const viewer = viewerOf(view, context);
        const page = parsePageRequest(args);
        const status = args.status ?? null;
        sessionQueries.requireMayList(viewer, user.id);
        return connectionOf({
          entries: await context.loaders.get(sessionLoaders.pages).load({ userId: user.id, status, page }),
          page,
          positionOf,
          toNode: (session) => ({ session, user, readAs }),
          countAll: () => context.loaders.get(sessionLoaders.counts).load({ userId: user.id, status }),
        });
      },
    },
    Session: {
      id: ({ session }) => session.id,
      user: ({ session, user, readAs }, _args, context) =>
        ownerOf(context, userLoaders, { userId: session.userId, user, readAs }),
      status: ({ session }) => statusOf(session, limits),
      current: (view, _args, context) => {
        const viewer = viewerOf(view, context);
        return viewer.kind === 'session' && viewer.sessionId === view.session.id;
      },
      device: ({ session }) => describeDevice(session.userAgent),
      ipAddress: ({ session }) => session.ipAddress,
      createdAt: ({ session }) => session.createdAt,
      lastActiveAt: ({ session }) => session.lastActiveAt,
      expiresAt: ({ session }) => session.expiresAt,
      idleExpiresAt: ({ session }) => idleExpiresAt(session, limits),
      endedAt: ({ session }) => endOf(session, limits)?.at ?? null,
      endReason: ({ session }) => endOf(session, limits)?.reason ?? null,
    },
    SessionConnection: connectionResolvers,
  };
}

function sessionsTerminated(sessions: readonly Session[], readAs?: Principal) {
  return { __typename: 'SessionsTerminated' as const, ...terminated(sessions, readAs) };
}

function terminated(
  sessions: readonly Session[],
  readAs?: Principal,
): { sessions: SessionView[]; count: number } {
  return { sessions: sessions.map((session) => ({ session, readAs })), count: sessions.length };
}

function positionOf({ lastActiveAt: at, id }: Session) {
  return { at, id };
}

export const sessionFinders = (queries: SessionQueries): EntityFinders => ({
  Session: async (ids, { callerIfAny: { principal } }) =>
    (await queries.findVisible(principal, ids as SessionId[])).map((session) => session && { session }),
});

export const sessionFieldScopes: FieldScopes = {
  'User.sessions': [['sessions:read'], ['sessions:read:any']],
  'Query.sessions': [['sessions:read:any']],
  'Mutation.recordActivity': 'authenticated',
  'Mutation.terminateSession': [['sessions:write'], ['sessions:write:any']],
  'Mutation.terminateOtherSessions': [['sessions:write']],
  'Mutation.terminateUserSessions': [['sessions:write:any']],
};

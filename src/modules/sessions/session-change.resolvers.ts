import type { EventId } from '../../core/ids.ts';
import { requireId } from '../../core/require-id.ts';
import type { GraphQLContext } from '../../graphql/request/context.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import type { SessionChange } from './session-change.ts';
import type { SessionQueries } from './session-queries.ts';
import { invalidCredentialStream, unverifiedCredentialStream } from './session-stream.ts';
import type { SessionStreams } from './session-streams.ts';

interface Dependencies {
  readonly streams: SessionStreams;
  readonly sessionQueries: SessionQueries;
}

export function sessionChangeResolvers({ streams, sessionQueries }: Dependencies): Resolvers {
  /** Without a valid credential the stream reports that and completes; not every router forwards an error to the client. */
  const open = (
    { credential }: GraphQLContext,
    since: EventId | null,
    open: () => Promise<AsyncIterableIterator<SessionChange>>,
  ) => {
    if (credential.kind === 'accepted') return open();
    return credential.kind === 'unverified' ? unverifiedCredentialStream(since) : invalidCredentialStream();
  };

  return {
    Subscription: {
      mySessionChanged: {
        subscribe: async (_root, { since }, context) => {
          const after = eventIdOf(since);
          return open(context, after, () => streams.own(context.caller, after));
        },
        resolve: current,
      },
      sessionChanged: {
        subscribe: async (_root, { userId, since }, context) => {
          const id = userId == null ? null : requireId('User', userId);
          const after = eventIdOf(since);
          return open(context, after, () => streams.any(context.caller, id, after));
        },
        resolve: current,
      },
    },
    SessionChange: {
      session: async ({ id, sessionId }) => {
        const session = sessionId && (await sessionQueries.asOfChange(id, sessionId));
        return session ? { session } : null;
      },
    },
  };
}

function current(change: SessionChange, _args: unknown, { loaders }: GraphQLContext): SessionChange {
  loaders.clear();
  return change;
}

function eventIdOf(since: string | null | undefined): EventId | null {
  return since == null ? null : requireId('Event', since, '`since`');
}

export const sessionChangeFieldScopes: FieldScopes = {
  'Subscription.mySessionChanged': [['sessions:read']],
  'Subscription.sessionChanged': [['sessions:read:any']],
};

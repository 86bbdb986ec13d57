import type { EventCatalogue } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import { parsePageRequest } from '../../core/page.ts';
import type { GraphQLContext } from '../../graphql/request/context.ts';
import { connectionOf, connectionResolvers } from '../../graphql/results/connection.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import type { UserLoaders, UserView } from '../users/user.view.ts';
import { parseAuditFilter } from './audit-filter.ts';
import { type AuditLog, OWN_EVENTS } from './audit-log.ts';

interface Dependencies {
  readonly auditLog: AuditLog;
  readonly catalogue: EventCatalogue;
  readonly userLoaders: UserLoaders;
}

export function auditResolvers({ auditLog, catalogue, userLoaders }: Dependencies): Resolvers {
  const load = async ({ loaders }: GraphQLContext, id: UserId | null): Promise<UserView | null> => {
    const user = id && (await loaders.get(userLoaders.byId).load(id));
    return user && { user };
  };

  return {
    Query: {
      authEvents: async (_root, args, context) => {
        const { principal } = context.caller;
        const page = parsePageRequest(args);
        const filter = parseAuditFilter(catalogue, args.filter);
        return connectionOf({
          entries: await auditLog.list(principal, filter, page),
          page,
          positionOf: ({ occurredAt: at, id }) => ({ at, id }),
          toNode: (event) => event,
          countAll: () => auditLog.count(principal, filter),
        });
      },
    },
    AuthEvent: {
      clientId: ({ data: { clientId } }) => (typeof clientId === 'string' ? clientId : null),
      actor: ({ actorId }, _args, context) => load(context, actorId),
      subject: ({ subjectId }, _args, context) => load(context, subjectId),
      details: ({ data }) => data,
    },
    AuthEventConnection: connectionResolvers,
  };
}

export const auditFieldScopes: FieldScopes = {
  'Query.authEvents': [OWN_EVENTS, ['audit:read']],
};

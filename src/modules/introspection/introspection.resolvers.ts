import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import { ownerOf, type UserLoaders } from '../users/user.view.ts';
import type { Introspection } from './introspection.ts';

interface Dependencies {
  readonly introspection: Introspection;
  readonly userLoaders: UserLoaders;
}

export function introspectionResolvers({ introspection, userLoaders }: Dependencies): Resolvers {
  return {
    Query: {
      introspectToken: async (_root, { token }, context) => ({
        token: await introspection.introspect(context.caller, token),
      }),
    },
    TokenIntrospection: {
      active: ({ token }) => token !== null,
      kind: ({ token }) => token?.kind,
      user: async ({ token }, _args, context) =>
        token?.userId == null ? null : ownerOf(context, userLoaders, { userId: token.userId }),
      sessionId: ({ token }) => token?.sessionId,
      scopes: ({ token }) => token?.scopes,
      roles: ({ token }) => token?.roles,
      clientId: ({ token }) => token?.clientId,
      expiresAt: ({ token }) => token?.expiresAt,
      issuedAt: ({ token }) => token?.issuedAt,
    },
  };
}

export const introspectionFieldScopes: FieldScopes = { 'Query.introspectToken': [['tokens:introspect']] };

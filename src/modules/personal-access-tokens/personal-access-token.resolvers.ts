import type { PersonalAccessTokenId } from '../../core/ids.ts';
import { parsePageRequest } from '../../core/page.ts';
import { requireId } from '../../core/require-id.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import { viewerOf } from '../../graphql/request/viewer.ts';
import {
  invalidInput,
  limitReached,
  notFound,
  rateLimited,
  reauthenticationRequired,
} from '../../graphql/results/auth-errors.ts';
import { connectionOf, connectionResolvers } from '../../graphql/results/connection.ts';
import { present } from '../../graphql/results/present.ts';
import type { EntityFinders } from '../../graphql/schema/entities.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import { accountOf, ownerOf, privately, type UserLoaders } from '../users/user.view.ts';
import type { PersonalAccessTokenService } from './personal-access-token.service.ts';
import { type PersonalAccessToken, statusOf } from './personal-access-token.ts';
import type { PersonalAccessTokenLoaders } from './personal-access-token.view.ts';

interface Dependencies {
  readonly personalAccessTokens: PersonalAccessTokenService;
  readonly roleCatalogue: RoleCatalogue;
  readonly personalAccessTokenLoaders: PersonalAccessTokenLoaders;
  readonly userLoaders: UserLoaders;
}

export function personalAccessTokenResolvers({
  personalAccessTokens,
  roleCatalogue,
  personalAccessTokenLoaders,
  userLoaders,
}: Dependencies): Resolvers {
  return {
    Mutation: {
      createPersonalAccessToken: async (_root, { input }, context, info) => {
        // Before: a repeat must not give a token to a credential that has ended.
        const { caller } = context;
        // The schema's default; an explicit null has been refused before.
        const token = { ...input, expiresInDays: input.expiresInDays ?? 30 };
        const outcome = await context.once(info, () => personalAccessTokens.create(caller, token));
        return present(outcome, {
          created,
          reauthentication_required: reauthenticationRequired,
          invalid_input: ({ fields }) => invalidInput(fields),
          limit_reached: ({ limit }) => limitReached(limit),
        });
      },
      rotatePersonalAccessToken: async (_root, { id }, context, info) => {
        const tokenId = requireId('PersonalAccessToken', id);
        const { caller } = context;
        const outcome = await context.once(info, () => personalAccessTokens.rotate(caller, tokenId));
        return present(outcome, {
          created,
          reauthentication_required: reauthenticationRequired,
          not_found: notFound,
        });
      },
      revokePersonalAccessToken: async (_root, { id }, context, info) => {
        const tokenId = requireId('PersonalAccessToken', id);
        const outcome = await context.once(info, () => personalAccessTokens.revoke(context.caller, tokenId));
        return present(outcome, {
          revoked: ({ record }) => ({
            __typename: 'PersonalAccessTokenRevoked' as const,
            personalAccessToken: { record },
          }),
          not_found: notFound,
        });
      },
      revokeLeakedToken: async (_root, { input }, context) => {
        const outcome = await personalAccessTokens.revokeLeaked(context.anyone, input.token);
        return present(outcome, {
          accepted: () => ({ __typename: 'AuthRequestAccepted' as const, accepted: true }),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
    },
    User: {
      grantableScopes: privately((view) => {
        const account = accountOf(view);
        const names = account === null ? [] : personalAccessTokens.grantableScopes(account);
        return names.map((name) => ({ name, description: roleCatalogue.describe(name) ?? '' }));
      }),
      personalAccessTokens: async (view, args, context) => {
        const viewer = viewerOf(view, context);
        const page = parsePageRequest(args);
        const status = args.status ?? null;
        const { user } = view;
        personalAccessTokens.requireMayList(viewer, user.id);
        return connectionOf({
          entries: await context.loaders
            .get(personalAccessTokenLoaders.pages)
            .load({ userId: user.id, status, page }),
          page,
          positionOf: ({ createdAt: at, id }) => ({ at, id }),
          toNode: (record) => ({ record, user }),
          countAll: () =>
            context.loaders.get(personalAccessTokenLoaders.counts).load({ userId: user.id, status }),
        });
      },
    },
    PersonalAccessToken: {
      id: ({ record }) => record.id,
      status: ({ record }) => statusOf(record),
      user: ({ record, user }, _args, context) =>
        ownerOf(context, userLoaders, { userId: record.userId, user }),
      name: ({ record }) => record.name,
      scopes: ({ record }) => record.scopes,
      hint: ({ record }) => record.hint,
      createdAt: ({ record }) => record.createdAt,
      expiresAt: ({ record }) => record.expiresAt,
      lastUsedAt: ({ record }) => record.lastUsedAt,
      lastUsedIpAddress: ({ record }) => record.lastUsedIpAddress,
      revokedAt: ({ record }) => record.revokedAt,
    },
    PersonalAccessTokenConnection: connectionResolvers,
  };
}

function created({ record, token }: { record: PersonalAccessToken; token: string }) {
  return { __typename: 'PersonalAccessTokenCreated' as const, personalAccessToken: { record }, token };
}

export const personalAccessTokenFinders = (service: PersonalAccessTokenService): EntityFinders => ({
  PersonalAccessToken: async (ids, { callerIfAny: { principal } }) => {
    const records = await service.findVisible(principal, ids as PersonalAccessTokenId[]);
    return records.map((record) => record && { record });
  },
});

export const personalAccessTokenFieldScopes: FieldScopes = {
  'User.grantableScopes': [['profile:read'], ['users:read']],
  'User.personalAccessTokens': [['tokens:read'], ['tokens:write:any']],
  'Mutation.createPersonalAccessToken': 'authenticated',
  'Mutation.rotatePersonalAccessToken': 'authenticated',
  // A session revokes its user's own, whatever its scopes; anyone's take a scope. A list of scopes cannot express that.
  'Mutation.revokePersonalAccessToken': 'authenticated',
};

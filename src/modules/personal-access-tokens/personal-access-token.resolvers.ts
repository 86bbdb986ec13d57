import { badUserInput } from '../../core/errors.ts';
import { type PersonalAccessTokenId, parseId } from '../../core/ids.ts';
import { parsePageRequest } from '../../core/page.ts';
import { describeScope, type Roles } from '../../core/scopes.ts';
import { viewerOf } from '../../graphql/request/viewer.ts';
import {
  invalidInput,
  limitReached,
  notFound,
  reauthenticationRequired,
} from '../../graphql/results/auth-errors.ts';
import { connectionOf, connectionResolvers } from '../../graphql/results/connection.ts';
import type { Resolvers } from '../generated.ts';
import { loadOwner, privately, type UserLoaders } from '../users/user.view.ts';
import type { PersonalAccessTokenService } from './personal-access-token.service.ts';
import { type PersonalAccessToken, statusOf } from './personal-access-token.ts';
import type { PersonalAccessTokenLoaders } from './personal-access-token.view.ts';

interface Dependencies {
  readonly personalAccessTokens: PersonalAccessTokenService;
  readonly roles: Roles;
  readonly personalAccessTokenLoaders: PersonalAccessTokenLoaders;
  readonly userLoaders: UserLoaders;
}

export function personalAccessTokenResolvers({
  personalAccessTokens,
  roles,
  personalAccessTokenLoaders,
  userLoaders,
}: Dependencies): Resolvers {
  return {
    Mutation: {
      createPersonalAccessToken: async (_root, { input }, context) => {
        const outcome = await personalAccessTokens.create(context.caller, {
          ...input,
          // The schema's default: what is given as null has been refused before.
          expiresInDays: input.expiresInDays ?? 30,
        });
        switch (outcome.kind) {
          case 'created':
            return created(outcome);
          case 'reauthentication_required':
            return reauthenticationRequired();
          case 'invalid_input':
            return invalidInput(outcome.fields);
          case 'limit_reached':
            return limitReached(outcome.limit);
          default:
            return outcome satisfies never;
        }
      },
      rotatePersonalAccessToken: async (_root, { id }, context) => {
        const outcome = await personalAccessTokens.rotate(context.caller, requireTokenId(id));
        switch (outcome.kind) {
          case 'created':
            return created(outcome);
          case 'reauthentication_required':
            return reauthenticationRequired();
          case 'not_found':
            return notFound();
          default:
            return outcome satisfies never;
        }
      },
      revokePersonalAccessToken: async (_root, { id }, context) => {
        const outcome = await personalAccessTokens.revoke(context.caller, requireTokenId(id));
        switch (outcome.kind) {
          case 'revoked':
            return {
              __typename: 'PersonalAccessTokenRevoked',
              personalAccessToken: { token: outcome.record },
            };
          case 'not_found':
            return notFound();
          default:
            return outcome satisfies never;
        }
      },
      revokeLeakedToken: async (_root, { input }, context) => {
        await personalAccessTokens.revokeLeaked(context.anyone, input.token);
        return { __typename: 'AuthRequestAccepted', accepted: true };
      },
    },
    User: {
      grantableScopes: privately(({ user }) =>
        personalAccessTokens.grantableScopes(user).map((name) => ({
          name,
          description: describeScope(name, roles) ?? '',
        })),
      ),
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
          toNode: (token) => ({ token, user }),
          countAll: () =>
            context.loaders.get(personalAccessTokenLoaders.counts).load({ userId: user.id, status }),
        });
      },
    },
    PersonalAccessToken: {
      __resolveReference: async ({ id }, context) => {
        const tokenId = parseId<PersonalAccessTokenId>(id);
        const token = tokenId && (await context.loaders.get(personalAccessTokenLoaders.byId).load(tokenId));
        return token && { token };
      },
      id: ({ token }) => token.id,
      status: ({ token }) => statusOf(token),
      user: async ({ token, user }, _args, context) => ({
        user: user ?? (await loadOwner(context, userLoaders, token.userId)),
      }),
      name: ({ token }) => token.name,
      scopes: ({ token }) => token.scopes,
      hint: ({ token }) => token.hint,
      createdAt: ({ token }) => token.createdAt,
      expiresAt: ({ token }) => token.expiresAt,
      lastUsedAt: ({ token }) => token.lastUsedAt,
      lastUsedIpAddress: ({ token }) => token.lastUsedIpAddress,
      revokedAt: ({ token }) => token.revokedAt,
    },
    PersonalAccessTokenConnection: connectionResolvers,
  };
}

function created({ record, token }: { record: PersonalAccessToken; token: string }) {
  return { __typename: 'PersonalAccessTokenCreated' as const, personalAccessToken: { token: record }, token };
}

function requireTokenId(id: string): PersonalAccessTokenId {
  const tokenId = parseId<PersonalAccessTokenId>(id);
  if (tokenId === null) throw badUserInput('This is not the id of a personal access token.');
  return tokenId;
}

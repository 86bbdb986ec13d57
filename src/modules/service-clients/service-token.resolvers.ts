import { invalidClient, invalidInput, rateLimited } from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import { accessTokenIssued } from '../access-tokens/access-token.view.ts';
import type { Resolvers } from '../generated.ts';
import { shedding } from '../rate-limits/index.ts';
import type { ClientAuthentication } from './client-authentication.ts';
import type { IssueOutcome, ServiceTokens } from './service-tokens.ts';

interface Dependencies {
  readonly clients: ClientAuthentication;
  readonly tokens: ServiceTokens;
}

export function serviceTokenResolvers({ clients, tokens }: Dependencies): Resolvers {
  return {
    Mutation: {
      issueServiceToken: async (_root, { input }, context) => {
        const { origin } = context;
        const { clientId, clientSecret: secret, scopes, audience } = input;
        const outcome = await shedding<IssueOutcome>(async () => {
          const client = await clients.authenticate({ kind: 'secret', clientId, secret }, origin);
          if (client === null) return { kind: 'invalid_client' };
          return tokens.issue(client, { scopes: scopes ?? null, audience: audience ?? null }, origin);
        });
        return present(outcome, {
          issued: accessTokenIssued,
          invalid_client: invalidClient,
          invalid_scope: ({ fields }) => invalidInput(fields),
          invalid_audience: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
    },
  };
}

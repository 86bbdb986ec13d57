import { invalidInput, invalidToken, rateLimited } from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import { accessTokenIssued } from '../access-tokens/access-token.view.ts';
import type { Resolvers } from '../generated.ts';
import type { TokenExchange } from './token-exchange.ts';

export function tokenExchangeResolvers(exchanges: TokenExchange): Resolvers {
  return {
    Mutation: {
      exchangePersonalAccessToken: async (_root, { input: { token, scopes } }, context) => {
        const outcome = await exchanges.exchange(context.anyone, { token, scopes: scopes ?? null });
        return present(outcome, {
          issued: accessTokenIssued,
          invalid_token: invalidToken,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
    },
  };
}

import { TokenExchange } from '../../modules/personal-access-tokens/index.ts';
import { tokenExchangeResolvers } from '../../modules/personal-access-tokens/token-exchange.resolvers.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { authenticateToken } from './authentication.ts';
import { accessTokens, roleCatalogue } from './shared.ts';

export const exchange = (parts: Parts) =>
  new TokenExchange({
    authenticate: parts.get(authenticateToken),
    accessTokens: parts.get(accessTokens),
    roleCatalogue: parts.get(roleCatalogue),
  });

export const tokenExchange: Feature = {
  resolvers: (parts) => [tokenExchangeResolvers(parts.get(exchange))],
};

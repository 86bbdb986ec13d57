import { Introspection } from '../../modules/introspection/index.ts';
import {
  introspectionFieldScopes,
  introspectionResolvers,
} from '../../modules/introspection/introspection.resolvers.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { authentication } from './authentication.ts';
import { serviceClientDirectory } from './service-clients.ts';
import { userLoaders } from './users.ts';

export const introspection = (parts: Parts) =>
  new Introspection({
    authentication: parts.get(authentication),
    directory: parts.get(serviceClientDirectory),
    audience: parts.config.tokens.audience,
  });

export const introspectionFeature: Feature = {
  fieldScopes: introspectionFieldScopes,
  resolvers: (parts) => [
    introspectionResolvers({
      introspection: parts.get(introspection),
      userLoaders: parts.get(userLoaders),
    }),
  ],
};

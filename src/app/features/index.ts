import type { EventCatalogue } from '../../core/events.ts';
import { refusalEvents } from '../../graphql/request/refusal.events.ts';
import type { EntityFinders, FindEntities } from '../../graphql/schema/entities.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import { mergeResolvers, type ResolverMap } from '../../graphql/schema/resolvers.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { accessTokenFeature } from './access-tokens.ts';
import { administration } from './administration.ts';
import { audit } from './audit.ts';
import { authenticationFeature } from './authentication.ts';
import { emailAddresses } from './email-addresses.ts';
import { idempotency } from './idempotency.ts';
import { imports } from './imports.ts';
import { introspectionFeature } from './introspection.ts';
import { lockout } from './lockout.ts';
import { lostEndsFeature } from './lost-ends.ts';
import { mail } from './mail.ts';
import { oneTimeTokenFeature } from './one-time-tokens.ts';
import { passwords } from './passwords.ts';
import { personalAccessTokens } from './personal-access-tokens.ts';
import { policy } from './policy.ts';
import { limits, rateLimits } from './rate-limits.ts';
import { revocations } from './revocations.ts';
import { serviceClients } from './service-clients.ts';
import { sessions } from './sessions.ts';
import { signIn } from './sign-in.ts';
import { tokenExchange } from './token-exchange.ts';
import { users } from './users.ts';

/** All features, in the order in which their jobs start. */
export const features: readonly Feature[] = [
  policy,
  accessTokenFeature,
  revocations,
  rateLimits,
  idempotency,
  lockout,
  oneTimeTokenFeature,
  authenticationFeature,
  mail,
  users,
  sessions,
  personalAccessTokens,
  tokenExchange,
  serviceClients,
  introspectionFeature,
  emailAddresses,
  administration,
  signIn,
  passwords,
  audit,
  imports,
  lostEndsFeature,
];

export function resolversOf(parts: Parts): ResolverMap {
  return mergeResolvers(...features.flatMap((feature) => feature.resolvers?.(parts) ?? []));
}

/** Without a router in front, the references are counted against a limit of the caller's address. */
export function findersOf(parts: Parts): EntityFinders {
  const finders: EntityFinders = Object.assign({}, ...features.map((feature) => feature.finders?.(parts)));
  if (parts.config.http.routerSecrets !== null) return finders;
  const limited = Object.entries(finders).map(([type, find]): [string, FindEntities] => [
    type,
    async (ids, context, info) => {
      await parts.get(limits).spend(context.origin, ['entities.address'], ids.length);
      return find(ids, context, info);
    },
  ]);
  return Object.fromEntries(limited);
}

/** Requirements of all protected fields. */
export const fieldScopes: FieldScopes = Object.assign({}, ...features.map((feature) => feature.fieldScopes));

/** All event types; the values of `AuthEvent.type`. */
export const eventCatalogue: EventCatalogue = Object.assign(
  {},
  refusalEvents,
  ...features.map((feature) => feature.events),
);

import { PublicError } from '../core/errors.ts';
import type { Logger } from '../core/ports.ts';
import type { GraphQLContext } from './context.ts';
import { toGraphQLError } from './errors.ts';

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Puts every resolver behind the error table. It wraps the map, not the server: Apollo's own masking sees only what comes
 * by HTTP, and subscriptions over WebSocket and server-sent events do not pass through it.
 */
export function guardResolvers<Resolvers extends object>(resolvers: Resolvers, logger: Logger): Resolvers {
  const guardType = (fields: object) => mapValues(fields, (value) => (typeof value === 'function' ? guard(value as AnyFunction) : value));
  return mapValues(resolvers, (fields) => guardType(fields as object)) as Resolvers;

  function guard(resolve: AnyFunction): AnyFunction {
    return async (...args) => {
      try {
        return await resolve(...args);
      } catch (error) {
        // Field resolvers get (parent, args, context, info), __resolveReference (reference, context, info).
        const context = args.find((arg) => arg !== null && typeof arg === 'object' && 'refusals' in arg) as GraphQLContext | undefined;
        if (error instanceof PublicError) context?.refusals.add(error.code);
        throw toGraphQLError(error, { requestId: context?.origin.requestId ?? null, logger });
      }
    };
  }
}

function mapValues(object: object, map: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

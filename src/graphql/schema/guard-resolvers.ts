import { type GraphQLResolveInfo, isNullableType, responsePathAsArray } from 'graphql';
import { PublicError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports.ts';
import { GraphQLContext } from '../request/context.ts';
import { toGraphQLError } from '../results/errors.ts';

/** Errors of one answer that say where in the document they come from: each such place costs a walk over its lines. */
const LOCATED_ERRORS = 100;

/** Errors of one answer: beyond, fields that may be null are, and say no more. Thousands take longer than all data. */
const MAX_ERRORS = 1_000;

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Puts every resolver behind the error table. It wraps the map, not the server: Apollo's own masking sees only what comes
 * by HTTP, and subscriptions over WebSocket and server-sent events do not pass through it.
 */
export function guardResolvers<Resolvers extends object>(resolvers: Resolvers, logger: Logger): Resolvers {
  return guardAll(resolvers) as Resolvers;

  function guardAll(map: object): object {
    return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, guarded(value)]));
  }

  function guarded(value: unknown): unknown {
    if (typeof value === 'function') return guard(value as AnyFunction);
    // Types hold fields, and fields of Subscription hold `subscribe` and `resolve`.
    return typeof value === 'object' && value !== null ? guardAll(value) : value;
  }

  /** What was not asynchronous stays so: a promise for every leaf is felt in large answers. */
  function guard(resolve: AnyFunction): AnyFunction {
    return (...args) => {
      try {
        const result = resolve(...args);
        return result instanceof Promise ? result.catch((error: unknown) => fail(error, args)) : result;
      } catch (error) {
        return fail(error, args);
      }
    };
  }

  function fail(error: unknown, args: readonly unknown[]): null {
    // Field resolvers get (parent, args, context, info), __resolveReference (reference, context, info).
    const context = args.find((arg) => arg instanceof GraphQLContext);
    if (error instanceof PublicError) note(error, context);
    const errors = context?.answerSize.countError() ?? 0;
    const info = args.length === 4 ? (args[3] as GraphQLResolveInfo) : null;
    if (errors > MAX_ERRORS && info !== null && isNullableType(info.returnType)) return null;
    const at = info === null ? {} : placeOf(info, errors <= LOCATED_ERRORS);
    throw toGraphQLError(error, { requestId: context?.origin.requestId ?? null, logger, at });
  }

  /** Why something is unavailable is logged where that is found, not once for each request. */
  function note(error: PublicError, context: GraphQLContext | undefined): void {
    context?.refusals.add(error.code);
    if (error.code !== 'SERVICE_UNAVAILABLE') return;
    const requestId = context?.origin.requestId;
    logger.debug({ err: error.cause, requestId }, 'a dependency did not answer');
  }
}

function placeOf({ fieldNodes, path }: GraphQLResolveInfo, isLocated: boolean) {
  return { ...(isLocated && { nodes: fieldNodes }), path: responsePathAsArray(path) };
}

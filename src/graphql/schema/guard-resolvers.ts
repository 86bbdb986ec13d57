import { type GraphQLResolveInfo, isNullableType, responsePathAsArray } from 'graphql';
import { PublicError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports.ts';
import { GraphQLContext } from '../request/context.ts';
import { toGraphQLError } from '../results/errors.ts';

/** Errors per response that carry `locations`; computing each scans the document's lines. */
const LOCATED_ERRORS = 100;

/** Errors per response. Beyond it, nullable fields are null without an error: thousands take longer than all data. */
export const MAX_ERRORS = 1_000;

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Wraps every resolver so that its errors pass through `toGraphQLError`. Apollo's masking covers HTTP only, not
 * subscriptions over WebSocket and server-sent events.
 */
export function guardResolvers<Resolvers extends object>(resolvers: Resolvers, logger: Logger): Resolvers {
  return guardAll(resolvers) as Resolvers;

  function guardAll(map: object): object {
    return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, guarded(value)]));
  }

  function guarded(value: unknown): unknown {
    if (typeof value === 'function') return guard(value as AnyFunction);
    // Types contain fields; fields of Subscription contain `subscribe` and `resolve`.
    return typeof value === 'object' && value !== null ? guardAll(value) : value;
  }

  /** Keeps synchronous resolvers synchronous: a promise per leaf slows large responses. */
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
    // Field resolvers take (parent, args, context, info), `_entities` finders (ids, context, info).
    const context = args.find((arg) => arg instanceof GraphQLContext);
    if (error instanceof PublicError) note(error, context);
    const errors = context?.answerSize.countError() ?? 0;
    const info = args.length === 4 ? (args[3] as GraphQLResolveInfo) : null;
    if (errors > MAX_ERRORS && info !== null && isNullableType(info.returnType)) return null;
    const at = info === null ? {} : placeOf(info, errors <= LOCATED_ERRORS);
    throw toGraphQLError(error, { requestId: context?.origin.requestId ?? null, logger, at });
  }

  /** Only at debug level: the cause of an outage is logged where it is detected, not once per request. */
  function note(error: PublicError, context: GraphQLContext | undefined): void {
    context?.refusals.add(error.code);
    if (error.retryAfterSeconds !== undefined) context?.retryAfter(error.retryAfterSeconds);
    if (error.code !== 'SERVICE_UNAVAILABLE') return;
    const requestId = context?.origin.requestId;
    logger.debug({ err: error.cause, requestId }, 'a dependency did not answer');
  }
}

function placeOf({ fieldNodes, path }: GraphQLResolveInfo, isLocated: boolean) {
  return { ...(isLocated && { nodes: fieldNodes }), path: responsePathAsArray(path) };
}

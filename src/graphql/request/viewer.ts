import type { Reader } from '../../core/principal.ts';
import type { GraphQLContext } from './context.ts';

/**
 * Part of a view: `readAs` overrides the request's principal. The result of a sign-in is read as its owner, although
 * the request carried no credential.
 */
export interface ReadAs {
  readonly readAs?: Reader | undefined;
}

/** The principal for which a view's fields are authorised. */
export function viewerOf({ readAs }: ReadAs, context: GraphQLContext): Reader {
  return readAs ?? context.caller.principal;
}

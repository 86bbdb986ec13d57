import type { Principal } from '../../core/principal.ts';
import type { GraphQLContext } from './context.ts';

/**
 * Part of a view: the principal that its fields are authorised for, instead of the request's. The result of a sign-in is
 * read as its owner, though the request had no credential yet.
 */
export interface ReadAs {
  readonly readAs?: Principal | undefined;
}

/** The principal that the fields of a view are authorised for. */
export function viewerOf({ readAs }: ReadAs, context: GraphQLContext): Principal {
  return readAs ?? context.caller.principal;
}

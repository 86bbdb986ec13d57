import type { Principal } from '../core/principal.ts';
import type { Session } from '../modules/sessions/index.ts';
import type { User } from '../modules/users/index.ts';
import type { GraphQLContext } from './context.ts';

/**
 * A user on its way to a client. `readAs` says in whose eyes, where that is not the request's credential: what a sign-in
 * answers is read as its owner, who brought none.
 */
export interface UserView {
  readonly user: User;
  readonly readAs?: Principal | undefined;
}

/** A session on its way to a client. */
export interface SessionView {
  readonly session: Session;
  /** The session's user, where it is at hand already. */
  readonly user?: User | undefined;
  readonly readAs?: Principal | undefined;
}

/** A page of a user's sessions, and what it takes to count them all. */
export interface SessionConnectionView {
  readonly edges: readonly { readonly cursor: string; readonly node: SessionView }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly countAll: () => Promise<number>;
}

/** In whose eyes the fields of a view are read. */
export function viewerOf(
  view: { readonly readAs?: Principal | undefined },
  context: GraphQLContext,
): Principal {
  return view.readAs ?? context.caller.principal;
}

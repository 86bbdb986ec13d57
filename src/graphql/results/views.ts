import { forbidden } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import type { PersonalAccessToken } from '../../modules/personal-access-tokens/index.ts';
import type { Session } from '../../modules/sessions/index.ts';
import { mayReadPrivate, type User } from '../../modules/users/index.ts';
import type { GraphQLContext } from '../request/context.ts';

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

/** A sign-in on its way to a client. */
export interface AuthenticationView {
  readonly __typename: 'Authentication';
  readonly session: SessionView;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string | null;
}

/** A personal access token on its way to a client. */
export interface PersonalAccessTokenView {
  readonly token: PersonalAccessToken;
  /** The token's owner, where it is at hand already. */
  readonly user?: User | undefined;
}

/** A page of a list, and what it takes to count the whole. */
export interface ConnectionView<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly countAll: () => Promise<number>;
}

export type SessionConnectionView = ConnectionView<SessionView>;
export type PersonalAccessTokenConnectionView = ConnectionView<PersonalAccessTokenView>;

/** In whose eyes the fields of a view are read. */
export function viewerOf(
  view: { readonly readAs?: Principal | undefined },
  context: GraphQLContext,
): Principal {
  return view.readAs ?? context.caller.principal;
}

/** A field of a user that is shown to those who may see it; for others it is null, with an error. */
export function privately<Value>(read: (view: UserView, context: GraphQLContext) => Value) {
  return (view: UserView, _args: unknown, context: GraphQLContext): Value | null => {
    if (mayReadPrivate(viewerOf(view, context), view.user.id)) return read(view, context);
    throw forbidden('This is private.');
  };
}

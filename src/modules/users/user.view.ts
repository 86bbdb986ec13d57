import DataLoader from 'dataloader';
import { forbidden } from '../../core/errors.ts';
import type { UserId } from '../../core/ids.ts';
import type { GraphQLContext } from '../../graphql/request/context.ts';
import type { LoaderDefinition } from '../../graphql/request/loaders.ts';
import { type ReadAs, viewerOf } from '../../graphql/request/viewer.ts';
import type { ConnectionView } from '../../graphql/results/connection.ts';
import type { UserService } from './user.service.ts';
import { mayReadPrivate, type Profile, type User } from './user.ts';

/** Parent value of `User`. */
export interface UserView extends ReadAs {
  /**
   * A reference of `_entities` of which no other field is selected has the profile only. The owner of a session whose account was
   * deleted has an id only.
   */
  readonly user: User | Profile | DeletedUser;
}

export type UserConnectionView = ConnectionView<UserView>;

interface DeletedUser extends Profile {
  readonly isDeleted: true;
}

export interface UserLoaders {
  readonly byId: LoaderDefinition<DataLoader<UserId, User | null>>;
  /** Authorise before. */
  readonly lastActivity: LoaderDefinition<DataLoader<UserId, Date | null>>;
}

export function createUserLoaders(users: UserService): UserLoaders {
  return {
    byId: () => new DataLoader((ids) => users.findMany(ids)),
    lastActivity: () => new DataLoader((ids) => users.lastActivityOf(ids)),
  };
}

/** A row of a user. */
interface Owned extends ReadAs {
  readonly userId: UserId;
  /** The owner, if already loaded. */
  readonly user?: UserView['user'] | undefined;
}

/** The owner of a row. Sessions remain for some minutes after their user. */
export async function ownerOf(
  { loaders }: GraphQLContext,
  { byId }: UserLoaders,
  { userId, user, readAs }: Owned,
): Promise<UserView> {
  const owner = user ?? (await loaders.get(byId).load(userId));
  return { user: owner ?? { id: userId, username: null, name: null, isDeleted: true }, readAs };
}

/** Resolver of a private field of `User`: null with a FORBIDDEN error unless the viewer may read it. */
export function privately<Value>(read: (view: UserView, context: GraphQLContext) => Value) {
  return (view: UserView, _args: unknown, context: GraphQLContext): Value | null => {
    if (mayReadPrivate(viewerOf(view, context), view.user.id)) return read(view, context);
    throw forbidden('You may not read this private field.');
  };
}

/** Null if the account was deleted. @throws {Error} if only the profile was read, since no field outside it was selected. */
export function accountOf({ user }: UserView): User | null {
  if ('isDeleted' in user) return null;
  if (!('email' in user)) throw new Error('a field outside the profile was not asked for');
  return user;
}

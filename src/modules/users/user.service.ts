import { actorOf } from '../../core/actor.ts';
import { alignById } from '../../core/align.ts';
import { unauthenticated } from '../../core/errors.ts';
import type { UserId } from '../../core/ids.ts';
import type { InvalidInput } from '../../core/invalid-field.ts';
import type { CredentialCheck, EventLog, UnitOfWork } from '../../core/ports.ts';
import { type Caller, requireScope, requireUser } from '../../core/principal.ts';
import { type AccountName, parseUsername } from './account-names.ts';
import { changeProfile, type ProfileInput, parseProfileChanges } from './profile-changes.ts';
import type { ReservedUsernames } from './reserved-usernames.ts';
import type { UserStore } from './user.store.ts';
import type { Profile, User } from './user.ts';
import { type ProfileChanges, UsernameTaken } from './user-directory.ts';

type UpdateProfileOutcome =
  | { readonly kind: 'updated'; readonly user: User }
  | { readonly kind: 'username_taken' }
  | InvalidInput;

interface Dependencies {
  readonly store: UserStore;
  readonly credentials: CredentialCheck;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly isReserved: ReservedUsernames;
}

/** Reads users, and updates the caller's own profile. */
export class UserService {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The users of these ids, or null: `result[i]` belongs to `ids[i]`. Public; resolvers guard the private fields. */
  async findMany(ids: readonly UserId[]): Promise<(User | null)[]> {
    return alignById(ids, await this.#deps.store.findMany(ids));
  }

  /** The profiles of these users, or null: `result[i]` belongs to `ids[i]`. Public. */
  async findProfiles(ids: readonly UserId[]): Promise<(Profile | null)[]> {
    return alignById(ids, await this.#deps.store.findProfiles(ids));
  }

  /** The times of these users' last activity: `result[i]` belongs to `ids[i]`. Authorise before. */
  async lastActivityOf(ids: readonly UserId[]): Promise<(Date | null)[]> {
    const found = await this.#deps.store.lastActivityOf(ids);
    return ids.map((id) => found.get(id) ?? null);
  }

  async updateProfile(caller: Caller, input: ProfileInput): Promise<UpdateProfileOutcome> {
    const { userId } = requireUser(caller);
    requireScope(caller.principal, 'profile:write');
    const parsing = parseProfileChanges(input);
    if (parsing.kind === 'invalid_input') return parsing;
    const { username } = parsing.changes;
    if (username != null && this.#deps.isReserved(username) && !(await this.#alreadyHas(userId, username)))
      return { kind: 'username_taken' };
    try {
      return { kind: 'updated', user: await this.#change(caller, userId, parsing.changes) };
    } catch (error) {
      if (error instanceof UsernameTaken) return { kind: 'username_taken' };
      throw error;
    }
  }

  /** A user to whom the operator gave a reserved username keeps it when another field changes. */
  async #alreadyHas(userId: UserId, { key }: AccountName): Promise<boolean> {
    const [user] = await this.#deps.store.findMany([userId]);
    return parseUsername(user?.username ?? '')?.key === key;
  }

  #change(caller: Caller, userId: UserId, changes: ProfileChanges): Promise<User> {
    const { store, credentials, unitOfWork, events } = this.#deps;
    return unitOfWork.run(async () => {
      await credentials.requireLive(caller);
      const user = await store.lock(userId);
      if (user === null) throw unauthenticated('Your account no longer exists.');
      return changeProfile({ users: store, events }, actorOf(caller), user, changes);
    });
  }
}

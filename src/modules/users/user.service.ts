import { actorOf } from '../../core/actor.ts';
import { alignById } from '../../core/align.ts';
import { unauthenticated } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import type { InvalidField, InvalidInput } from '../../core/invalid-field.ts';
import type { CredentialCheck, EventLog, UnitOfWork } from '../../core/ports.ts';
import { type Caller, type KnownPrincipal, requireKnown, requireScope } from '../../core/principal.ts';
import { type AccountName, parseUsername } from './account-names.ts';
import { parseDisplayName } from './display-name.ts';
import { invalidDisplayName, invalidUsername } from './invalid-names.ts';
import type { ReservedUsernames } from './reserved-usernames.ts';
import type { UserStore } from './user.store.ts';
import type { Profile, User } from './user.ts';
import { UsernameTaken } from './user-directory.ts';

/** Changes to a profile: `undefined` keeps the value, null clears it. */
interface ProfileInput {
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
}

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
    const principal = requireKnown(caller);
    requireScope(principal, 'profile:write');
    const username = input.username == null ? input.username : parseUsername(input.username);
    const name = input.name == null ? input.name : parseDisplayName(input.name);
    const fields: InvalidField[] = [];
    if (username === null && input.username !== null) fields.push(invalidUsername(['username']));
    if (name === null && input.name !== null) fields.push(invalidDisplayName(['name']));
    if (fields.length > 0) return { kind: 'invalid_input', fields };
    if (
      username != null &&
      this.#deps.isReserved(username) &&
      !(await this.#alreadyHas(principal.userId, username))
    )
      return { kind: 'username_taken' };
    try {
      return { kind: 'updated', user: await this.#change(caller, principal, username, name) };
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

  #change(
    caller: Caller,
    principal: KnownPrincipal,
    username: AccountName | null | undefined,
    name: string | null | undefined,
  ): Promise<User> {
    const { userId } = principal;
    return this.#deps.unitOfWork.run(async () => {
      await this.#deps.credentials.requireLive(caller);
      const user = await this.#deps.store.updateProfile(userId, {
        ...(username === undefined ? {} : { username }),
        ...(name === undefined ? {} : { name }),
      });
      if (user === null) throw unauthenticated('Your account no longer exists.');
      const changed = [
        ...(username === undefined ? [] : (['username'] as const)),
        ...(name === undefined ? [] : (['name'] as const)),
      ];
      await this.#deps.events.record(eventBy(actorOf(caller), 'user.profile_updated', { userId, changed }));
      return user;
    });
  }
}

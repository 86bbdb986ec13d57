import type { UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import { type Principal, requireScope } from '../../core/principal.ts';
import type { User } from './user.ts';
import { parseUserSearch } from './user-filter.ts';
import type { UserConditions, UserFilter, UserListStore } from './user-list.store.ts';

interface Dependencies {
  readonly store: UserListStore;
  /** The lockout, which knows users by their id only. */
  readonly locks: { lockedUserIds(): Promise<UserId[]> };
}

const ANY: UserConditions = {
  search: null,
  accountStatus: null,
  locked: null,
  role: null,
  emailVerified: null,
};

/** Lists and counts users for administrators. */
export class UserList {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** A page of users, plus one if there are more. @throws {PublicError} FORBIDDEN without `users:read`. */
  async list(principal: Principal, filter: UserFilter, page: PageRequest): Promise<User[]> {
    requireScope(principal, 'users:read');
    return this.#deps.store.list(await this.#conditionsOf(filter), page);
  }

  /** The newest users that a search of the operator finds; null if no user has such a part. */
  async find(
    text: string,
    count: number,
  ): Promise<{ readonly users: User[]; readonly hasMore: boolean } | null> {
    const search = parseUserSearch(text);
    if (search === null) return null;
    const found = await this.#deps.store.list({ ...ANY, search }, { first: count, after: null });
    return { users: found.slice(0, count), hasMore: found.length > count };
  }

  /** @throws {PublicError} FORBIDDEN without `users:read`. */
  async count(principal: Principal, filter: UserFilter): Promise<number> {
    requireScope(principal, 'users:read');
    return this.#deps.store.count(await this.#conditionsOf(filter));
  }

  async #conditionsOf({ locked, ...filter }: UserFilter): Promise<UserConditions> {
    if (locked === null) return { ...filter, locked };
    return { ...filter, locked: { is: locked, userIds: await this.#deps.locks.lockedUserIds() } };
  }
}

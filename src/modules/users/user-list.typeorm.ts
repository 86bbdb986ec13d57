import type { PageRequest } from '../../core/page.ts';
import type { Database } from '../../platform/database/database.ts';
import { Table } from '../../platform/database/table.ts';
import { UserEntity, type UserRow } from './user.store.typeorm.ts';
import type { User } from './user.ts';
import type { UserConditions, UserListStore, UserSearch } from './user-list.store.ts';

/**
 * A search looks at the newest users first, and then for all matches by an index: what many users have is found among the newest.
 * Left alone, the planner goes through all users for what it wrongly expects many to have.
 */
const NEWEST = 10_000;

/** Statements are prepared, and a plan for any value would be a bad one for most. */
const PLAN_BY_VALUE = 'SET LOCAL plan_cache_mode = force_custom_plan';

const ORDER = 'ORDER BY created_at DESC, id DESC';
/** The same, so that the planner looks for all matches and does not go through the users in order. */
const ORDER_BY_NO_INDEX = "ORDER BY created_at + interval '0' DESC, id DESC";

/** The list of users in Postgres. */
export class TypeOrmUserList implements UserListStore {
  readonly #database: Database;
  readonly #users: Table<UserRow, User>;

  constructor(database: Database) {
    this.#database = database;
    this.#users = new Table<UserRow, User>(database, UserEntity, (row) => row);
  }

  list(conditions: UserConditions, { first, after }: PageRequest): Promise<User[]> {
    const { columns } = this.#users;
    const { parameters, add, common, rare } = sqlOf(conditions);
    const from = after === null ? [] : [`(created_at, id) < (${add(after.at)}, ${add(after.id)}::uuid)`];
    const limit = `LIMIT ${add(first + 1)}`;
    const inAll = [...common, ...from];
    const newest = `(SELECT * FROM users WHERE ${allOf(inAll)} ${ORDER} LIMIT ${NEWEST}) AS users`;
    const matching = `SELECT id FROM users WHERE ${allOf([...inAll, ...rare])} ${ORDER_BY_NO_INDEX} ${limit}`;
    return this.#database.run(async () => {
      await this.#database.query(PLAN_BY_VALUE);
      if (rare.length === 0)
        return this.#users.rows(
          `SELECT ${columns} FROM users WHERE ${allOf(inAll)} ${ORDER} ${limit}`,
          parameters,
        );
      const found = await this.#users.rows(
        `SELECT ${columns} FROM ${newest} WHERE ${allOf(rare)} ${ORDER} ${limit}`,
        parameters,
      );
      if (found.length > first) return found;
      return this.#users.rows(`SELECT ${columns} FROM users WHERE id IN (${matching}) ${ORDER}`, parameters);
    });
  }

  count(conditions: UserConditions): Promise<number> {
    const { parameters, common, rare } = sqlOf(conditions);
    return this.#database.run(async () => {
      await this.#database.query(PLAN_BY_VALUE);
      return this.#users.count(allOf([...common, ...rare]), parameters);
    });
  }
}

const allOf = (conditions: readonly string[]) => ['true', ...conditions].join(' AND ');

/** Only the conditions that are set; `rare`: those that few users may meet, and none of the newest. */
function sqlOf({ search, accountStatus, role, emailVerified, locked }: UserConditions) {
  const parameters: unknown[] = [];
  const common: string[] = [];
  const rare: string[] = [];
  const add = (value: unknown) => `$${parameters.push(value)}`;
  // As the partial indexes say it.
  if (accountStatus !== null) common.push(`account_status = '${accountStatus}'`);
  if (emailVerified !== null) common.push(emailVerified ? 'email_verified' : 'NOT email_verified');
  if (locked !== null) {
    const userIds = `${add(locked.userIds)}::uuid[]`;
    common.push(locked.is ? `id = ANY(${userIds})` : `id <> ALL(${userIds})`);
  }
  if (role !== null) rare.push(`roles @> ARRAY[${add(role)}]`);
  if (search !== null) {
    const text = `replace(lower(${add(literalOf(search))}), 'ς', 'σ')`;
    const start = search.matches === 'anywhere' ? '%' : '%\\nQ';
    rare.push(`user_search_text(email, email_key, username_key, name) LIKE E'${start}' || ${text} || '%'`);
  }
  return { parameters, add, common, rare };
}

/** Without characters that stand for others in a pattern. */
const literalOf = ({ text }: UserSearch) => text.replace(/[\\%_]/g, '\\$&');

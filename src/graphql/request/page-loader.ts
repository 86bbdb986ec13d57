import DataLoader from 'dataloader';
import { groupBy } from '../../core/align.ts';
import type { UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';

/** A page of one user's entries. */
interface PageKey<Status> {
  readonly userId: UserId;
  readonly status: Status | null;
  readonly page: PageRequest;
}

export type PageLoader<Status, Entry> = DataLoader<PageKey<Status>, Entry[], string>;

/** The number of one user's entries with a status; null counts all. */
interface CountKey<Status> {
  readonly userId: UserId;
  readonly status: Status | null;
}

export type CountLoader<Status> = DataLoader<CountKey<Status>, number, string>;

/** Counts entries of many users, with one statement per status. */
export function createCountLoader<Status extends string>(
  count: (userIds: readonly UserId[], status: Status | null) => Promise<readonly number[]>,
): CountLoader<Status> {
  return createLoaderOfUsers(
    ({ status }) => String(status),
    (userIds, { status }) => count(userIds, status),
  );
}

/** Loads pages of many users, with one statement per distinct status, size and cursor. */
export function createPageLoader<Status, Entry>(
  list: (userIds: readonly UserId[], status: Status | null, page: PageRequest) => Promise<readonly Entry[][]>,
): PageLoader<Status, Entry> {
  return createLoaderOfUsers(
    ({ status, page: { first, after } }) => JSON.stringify([status, first, after]),
    (userIds, { status, page }) => list(userIds, status, page),
  );
}

/** Loads one value per user, for all keys of a kind together: `load` returns one for each of `userIds`. */
function createLoaderOfUsers<Key extends { readonly userId: UserId }, Value>(
  kindOf: (key: Key) => string,
  load: (userIds: readonly UserId[], like: Key) => Promise<readonly Value[]>,
): DataLoader<Key, Value, string> {
  return new DataLoader(
    async (keys) => {
      const loaded = new Map<Key, Value>();
      for (const alike of groupBy(keys, kindOf).values()) {
        const [like] = alike as [Key];
        const values = await load(
          alike.map(({ userId }) => userId),
          like,
        );
        for (const [index, key] of alike.entries()) loaded.set(key, values[index] as Value);
      }
      return keys.map((key) => loaded.get(key) as Value);
    },
    { cacheKeyFn: (key) => `${key.userId} ${kindOf(key)}` },
  );
}

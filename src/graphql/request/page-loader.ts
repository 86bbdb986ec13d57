import DataLoader from 'dataloader';
import type { UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';

/** A page of one user's entries. */
export interface PageKey<Status> {
  readonly userId: UserId;
  readonly status: Status | null;
  readonly page: PageRequest;
}

type List<Status, Entry> = (
  userIds: readonly UserId[],
  status: Status | null,
  page: PageRequest,
) => Promise<readonly Entry[][]>;

export type PageLoader<Status, Entry> = DataLoader<PageKey<Status>, Entry[], string>;

/** The number of one user's entries with a status; null counts all. */
export interface CountKey<Status> {
  readonly userId: UserId;
  readonly status: Status | null;
}

export type CountLoader<Status> = DataLoader<CountKey<Status>, number, string>;

/** Counts entries of many users, with one statement per status. */
export function createCountLoader<Status extends string>(
  count: (userIds: readonly UserId[], status: Status | null) => Promise<readonly number[]>,
): CountLoader<Status> {
  return new DataLoader(
    async (keys) => {
      const counts = new Map<CountKey<Status>, number>();
      for (const status of new Set(keys.map((key) => key.status))) {
        const alike = keys.filter((key) => key.status === status);
        const found = await count(
          alike.map(({ userId }) => userId),
          status,
        );
        for (const [index, key] of alike.entries()) counts.set(key, found[index] ?? 0);
      }
      return keys.map((key) => counts.get(key) ?? 0);
    },
    { cacheKeyFn: ({ userId, status }) => `${userId} ${status}` },
  );
}

/** Loads pages of many users, with one statement per distinct status, size and cursor. */
export function createPageLoader<Status, Entry>(list: List<Status, Entry>): PageLoader<Status, Entry> {
  return new DataLoader((keys) => loadPages(list, keys), {
    cacheKeyFn: (key) => `${key.userId} ${kindOfPage(key)}`,
  });
}

async function loadPages<Status, Entry>(
  list: List<Status, Entry>,
  keys: readonly PageKey<Status>[],
): Promise<Entry[][]> {
  const alikes = new Map<string, PageKey<Status>[]>();
  for (const key of keys) {
    const alike = alikes.get(kindOfPage(key));
    if (alike === undefined) alikes.set(kindOfPage(key), [key]);
    else alike.push(key);
  }
  const loaded = new Map<PageKey<Status>, Entry[]>();
  for (const alike of alikes.values()) {
    const [{ status, page }] = alike as [PageKey<Status>];
    const userIds = alike.map(({ userId }) => userId);
    const pages = await list(userIds, status, page);
    for (const [index, key] of alike.entries()) loaded.set(key, pages[index] ?? []);
  }
  return keys.map((key) => loaded.get(key) ?? []);
}

function kindOfPage<Status>({ status, page: { first, after } }: PageKey<Status>): string {
  return JSON.stringify([status, first, after]);
}

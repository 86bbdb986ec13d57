import DataLoader from 'dataloader';
import type { UserId } from '../core/ids.ts';
import type { PageRequest } from '../core/page.ts';
import type { Session, SessionService, SessionStatus } from '../modules/sessions/index.ts';
import type { User, UserService } from '../modules/users/index.ts';

/** Batches of one request: however often something is asked for, it is one statement. Never used within a transaction. */
export interface Loaders {
  readonly users: DataLoader<UserId, User | null>;
  /** Authorise before. */
  readonly lastActivity: DataLoader<UserId, Date | null>;
  /** Authorise before. Each page holds one more than was asked for, where there is more. */
  readonly sessionPages: DataLoader<SessionPageKey, Session[], string>;
}

export interface SessionPageKey {
  readonly userId: UserId;
  readonly status: SessionStatus | null;
  readonly page: PageRequest;
}

interface Services {
  readonly users: UserService;
  readonly sessions: SessionService;
}

export function createLoaders({ users, sessions }: Services): Loaders {
  return {
    users: new DataLoader((ids) => users.findMany(ids)),
    lastActivity: new DataLoader((ids) => users.lastActivityOf(ids)),
    sessionPages: new DataLoader((keys) => loadSessionPages(sessions, keys), {
      cacheKeyFn: (key) => `${key.userId} ${pageOf(key)}`,
    }),
  };
}

/** One statement for all users whose page is asked for alike. */
async function loadSessionPages(
  sessions: SessionService,
  keys: readonly SessionPageKey[],
): Promise<Session[][]> {
  const pages = new Map<string, SessionPageKey[]>();
  for (const key of keys) {
    const alike = pages.get(pageOf(key));
    if (alike === undefined) pages.set(pageOf(key), [key]);
    else alike.push(key);
  }
  const loaded = new Map<SessionPageKey, Session[]>();
  for (const alike of pages.values()) {
    const [{ status, page }] = alike as [SessionPageKey];
    const lists = await sessions.list(
      alike.map(({ userId }) => userId),
      status,
      page,
    );
    for (const [index, key] of alike.entries()) loaded.set(key, lists[index] ?? []);
  }
  return keys.map((key) => loaded.get(key) ?? []);
}

function pageOf({ status, page: { first, after } }: SessionPageKey): string {
  return JSON.stringify([status, first, after]);
}

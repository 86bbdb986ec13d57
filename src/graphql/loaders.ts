import DataLoader from 'dataloader';
import type { UserId } from '../core/ids.ts';
import type { User, UserService } from '../modules/users/index.ts';

/** Batches of one request: however often something is asked for, it is one statement. Never used within a transaction. */
export interface Loaders {
  readonly users: DataLoader<UserId, User | null>;
  readonly lastActivity: DataLoader<UserId, Date | null>;
}

export function createLoaders(users: UserService): Loaders {
  return {
    users: new DataLoader((ids) => users.findMany(ids)),
    lastActivity: new DataLoader((ids) => users.lastActivityOf(ids)),
  };
}

import { Lockout } from '../../modules/lockout/index.ts';
import { lockoutEvents } from '../../modules/lockout/lockout.events.ts';
import { LockoutEntity, TypeOrmLockoutStore } from '../../modules/lockout/lockout.store.typeorm.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { digest, transactions } from './shared.ts';

export const lockouts = (parts: Parts) =>
  new Lockout({
    store: new TypeOrmLockoutStore(parts.database),
    rules: parts.config.lockout,
    digest: parts.get(digest),
    counters: parts.counters,
    ...parts.get(transactions),
  });

export const lockout: Feature = {
  entities: [LockoutEntity],
  events: lockoutEvents,
  purges: (parts) => [
    { what: 'forgotten failures of sign-ins', run: (limit) => parts.get(lockouts).purge(limit) },
  ],
};

export type { LockedUntil } from './lockout.store.ts';
export { Lockout } from './lockout.ts';

export { type Locked, Lockout } from './lockout.ts';

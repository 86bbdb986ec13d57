import type { AuthenticationMethodReference } from '../sessions/index.ts';
import type { User } from '../users/index.ts';

/**
 * What every way to sign in hands to `SignInService`: a proof of who someone is. It is given outside of any transaction, for
 * it may take a hash or a request to elsewhere, and confirmed within the one that opens the session. A method records the
 * attempts that prove nothing.
 */
export interface Proof {
  readonly provedBy: readonly AuthenticationMethodReference[];
  /** Locks the user. Null where the proof no longer holds: the password has been changed meanwhile. */
  confirm(): Promise<User | null>;
}

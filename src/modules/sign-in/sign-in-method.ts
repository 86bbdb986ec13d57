import type { AuthenticationMethodReference } from '../sessions/index.ts';
import type { User } from '../users/index.ts';

/**
 * Proof of a user's identity, which every sign-in method passes to `SignInService`. It is created outside any transaction,
 * since it may take a hash or a remote request, and confirmed within the transaction that opens the session. A method
 * records its own failed attempts.
 */
export interface Proof {
  readonly provedBy: readonly AuthenticationMethodReference[];
  /** Locks the user. Null if the proof is no longer valid, for example because the password has changed. */
  confirm(): Promise<User | null>;
}

import type { AccountName } from './account-names.ts';

/**
 * Usernames of sign-ups whose address is not confirmed yet. They are reserved alike for new and known addresses: otherwise a second
 * sign-up with the same username would tell which addresses have an account.
 */
export interface UsernameReservations {
  /** Reserves a username for who confirms an address; false if a user has it, or another address reserved it. */
  reserve(username: AccountName, emailKey: string, seconds: number): Promise<boolean>;
  /** Ends the reservations of an address. */
  release(emailKey: string): Promise<void>;
  /** Deletes up to `limit` reservations that have ended. */
  purge(limit: number): Promise<number>;
}

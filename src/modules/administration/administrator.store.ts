import type { UserId } from '../../core/ids.ts';

/** Storage of who administers users. */
export interface AdministratorStore {
  /**
   * Whether another user is active, has one of these roles, and has accepted it: one whom somebody else made has confirmed the
   * address. Locks the question until the transaction ends, so that of two administrators who leave at once one remains. Comes after
   * the locks of users: who holds this one takes no more of them.
   */
  hasOtherActive(id: UserId, roles: readonly string[]): Promise<boolean>;
}

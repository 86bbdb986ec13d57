import { type AccountName, foldCase } from './account-names.ts';

/** Whether a username is one that only the operator may give: it would pass for the service itself, or for its staff. */
export type ReservedUsernames = (username: AccountName) => boolean;

export function createReservedUsernames(names: readonly string[]): ReservedUsernames {
  const keys = new Set(names.map(foldCase));
  return ({ key }) => keys.has(key);
}

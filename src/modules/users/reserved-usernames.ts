import { type AccountName, foldCase } from './account-names.ts';

/** Whether a username is one that only the operator may give: it would pass for the service itself, or for its staff. */
export type ReservedUsernames = (username: AccountName) => boolean;

export function createReservedUsernames(names: readonly string[]): ReservedUsernames {
  const reserved = new Set(names.map((name) => skeleton(foldCase(name))));
  return ({ key }) => reserved.has(skeleton(key));
}

/** What digits and letters of the same look are read as, for names that are reserved (UTS 39 §4, in small). */
const READ_AS: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  i: 'l',
  ı: 'l',
};

/** A name as it is read at a glance: without what separates, and `adm1n` like `admin`. */
function skeleton(key: string): string {
  return [...key.replace(/[._-]/g, '')].map((character) => READ_AS[character] ?? character).join('');
}

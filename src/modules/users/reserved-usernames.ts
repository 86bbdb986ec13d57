import { type AccountName, foldCase } from './account-names.ts';

/** Whether only the operator may assign a username, since it could be taken for the service or its staff. */
export type ReservedUsernames = (username: AccountName) => boolean;

export function createReservedUsernames(names: readonly string[]): ReservedUsernames {
  const reserved = new Set(names.map((name) => skeleton(foldCase(name))));
  return ({ key }) => reserved.has(skeleton(key));
}

/** Digits and letters mapped to the letter that they look like: a small subset of UTS 39 §4. */
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

/** The form that is compared: no separators, look-alikes replaced, so that `adm1n` equals `admin`. */
function skeleton(key: string): string {
  return [...key.replace(/[._-]/g, '')].map((character) => READ_AS[character] ?? character).join('');
}

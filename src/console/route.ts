import { Value } from './api/value.ts';

/** `home` is the first page that the person may see. */
export type Page = 'home' | 'users' | 'user' | 'live' | 'audit' | 'unknown';

/** What the fragment of the address names: `#/users/ID?name=value`. */
export interface Route {
  readonly page: Page;
  readonly id: string;
  readonly params: URLSearchParams;
}

export type Params = Readonly<Record<string, string | null | undefined>>;

export const route = new Value<Route>(parseRoute(location.hash));

addEventListener('hashchange', () => route.set(parseRoute(location.hash)));

/** The address of a page. Empty parameters are left out. */
export function href(path: string, params: Params = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value) given.set(name, value);
  const query = given.toString();
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** Goes to an address without a new entry in the history, as for every letter of a search. */
export function replaceRoute(address: string): void {
  if (address === location.hash) return;
  history.replaceState(null, '', address);
  route.set(parseRoute(address));
}

function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', id = ''] = path.split('/');
  return { page: pageOf(first, id), id: decode(id), params: new URLSearchParams(query) };
}

function pageOf(first: string, id: string): Page {
  if (first === '') return 'home';
  if (first === 'users') return id === '' ? 'users' : 'user';
  return first === 'live' || first === 'audit' ? first : 'unknown';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

import { href, type Params, replaceRoute } from '../route.ts';

/** Changes one filter of a list in the address. The list starts again at its first page. */
export function filterBy(path: string, params: URLSearchParams, name: string, value: string): void {
  const next: Params = { ...Object.fromEntries(params), [name]: value.trim(), after: null };
  replaceRoute(href(path, next));
}

/** The address of another page of a list, by the same filters. */
export function pageOf(path: string, params: URLSearchParams, after: string | null): string {
  return href(path, { ...Object.fromEntries(params), after });
}

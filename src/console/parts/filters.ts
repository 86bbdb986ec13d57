import { href, type Params, replaceRoute, route } from '../route.ts';

/** Changes one filter of a list in the address. The list starts again at its first page: without its cursor. */
export function filterBy(path: string, name: string, value: string, cursor = 'after'): void {
  // Of now: another filter may have changed since the page was drawn.
  const { params } = route.get();
  const next: Params = { ...Object.fromEntries(params), [name]: value.trim(), [cursor]: null };
  replaceRoute(href(path, next));
}

/** The address of another page of a list, by the same filters. */
export function pageOf(
  path: string,
  params: URLSearchParams,
  after: string | null,
  cursor = 'after',
): string {
  return href(path, { ...Object.fromEntries(params), [cursor]: after });
}

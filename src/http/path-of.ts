/** The path of a request's URL, as it was sent: without its query, and not decoded. */
export function pathOf(url = ''): string {
  return url.split('?', 1)[0] ?? '';
}

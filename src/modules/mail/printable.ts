const MAX_LENGTH = 300;

/** The start of a text of others, for logs, terminals and administrators. A spam filter may quote a link: its token is left out. */
export function printable(text: string): string {
  return text
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .replace(/lko_[\w-]*/g, 'lko_…')
    .trim()
    .slice(0, MAX_LENGTH);
}

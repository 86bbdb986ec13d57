import { normalizeBounded } from './bounded-text.ts';

const MAX_LENGTH = 100; // code points

/** The name to show in `value`, or null when it is empty, too long, or holds characters that forge or hide text. */
export function parseDisplayName(value: string): string | null {
  const text = normalizeBounded(value.trim(), 'NFC', 2 * MAX_LENGTH);
  if (text === null || text === '' || [...text].length > MAX_LENGTH) return null;
  return /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(text) ? null : text;
}

/** The most UTF-16 units that normalisation reduces to one (U+1FA7, decomposed). */
const LONGEST_SPELLING = 4;

/**
 * Normalises `value`; null if the result cannot fit in `maxLength` UTF-16 units. The length is checked first, since
 * normalisation sorts runs of combining marks (Unicode §3.11), in quadratic time.
 */
export function normalizeBounded(value: string, form: 'NFC' | 'NFKC', maxLength: number): string | null {
  return value.length > LONGEST_SPELLING * maxLength ? null : value.normalize(form);
}

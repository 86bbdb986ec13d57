/** U+1FA7 is four UTF-16 units when it is decomposed, and one when it is composed; nothing is shortened more than that. */
const LONGEST_SPELLING = 4;

/**
 * `value` in a normalisation form, or null where that cannot have `maxLength` UTF-16 units or fewer. Normalisation takes
 * quadratic time on a run of combining marks, which it sorts (Unicode §3.11), so the length is bounded before.
 */
export function normalizeBounded(value: string, form: 'NFC' | 'NFKC', maxLength: number): string | null {
  return value.length > LONGEST_SPELLING * maxLength ? null : value.normalize(form);
}

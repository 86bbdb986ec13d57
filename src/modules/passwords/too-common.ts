import { commonPasswords } from './common-passwords.ts';

/** What an account says about itself, and so what a guesser tries first. */
export interface OwnWords {
  readonly email?: string | null | undefined;
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
}

/**
 * Whether a password, whatever its length, is among the first to be guessed (NIST SP 800-63B-4 §3.1.1.2;
 * OWASP ASVS 6.2.4, 6.2.11). It is, whatever its case, when
 *  1. it is listed, or is the account's e-mail address, username or name;
 *  2. it repeats something shorter than eight characters from beginning to end;
 *  3. it runs along a keyboard, the alphabet or the digits, four steps or more at a time, all but two
 *     characters;
 *  4. it is made of the account's own words, our name and at most one listed password, and beside them
 *     nothing but such runs and up to twelve digits and marks ("Latchkey-2031!", "password12345678").
 * Other letters beside them end the suspicion: phrases of ordinary words pass, and so do random digits.
 * Fifteen random digits are refused once in about a million times, anything richer never.
 */
export function isTooCommon(password: string, account: OwnWords): boolean {
  const text = fold(password);
  const own = [account.email, account.username, account.name].map((value) => fold(value ?? ''));
  if (commonPasswords.has(text) || own.includes(text)) return true;
  if (repeatsShortUnit(text)) return true;

  const irregular = coverRuns(text).replaceAll(COVERED, '');
  if (irregular.length <= 2) return true;

  const words = longestFirst([...wordsOf([SERVICE_NAME, ...own].join(' ')), ...longestListedIn(text)]);
  const withoutWords = words.reduce((rest, word) => rest.replaceAll(word, cover), text);
  return withoutWords !== text && DIGITS_AND_MARKS.test(coverRuns(withoutWords).replaceAll(COVERED, ''));
}

const SERVICE_NAME = 'latchkey';
const SHORTEST_UNIT_ALLOWED = 8;
const RUN_LENGTH = 4;
/** Stands for a character that is accounted for; one that contains it only looks more common than it is. */
const COVERED = '\0';
/** ASCII without its letters and control characters. */
const DIGITS_AND_MARKS = /^[ -@[-`{-~]{0,12}$/;

/** Lines along which fingers wander: rows and columns of keyboards, the alphabet, common zigzags. */
const lines = [
  '0123456789012',
  'abcdefghijklmnopqrstuvwxyzabc',
  '1234567890qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'qsdfghjklm',
  'zxcvbnm',
  'yxcvbnm',
  'wxcvbn',
  '!@#$%^&*()',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik',
  'qazwsxedcrfvtgbyhnujm',
  '1qazxsw23edcvfr45tgbnhy67ujm',
  '1q2w3e4r5t6y7u8i9o0p',
  '1a2b3c4d5e6f7g8h9i0j',
];

const runs: ReadonlySet<string> = new Set(
  lines.flatMap((line) => [line, [...line].reverse().join('')]).flatMap((line) => windowsOf(line)),
);

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function cover(word: string): string {
  return COVERED.repeat(word.length);
}

function repeatsShortUnit(text: string): boolean {
  for (let length = 1; length <= text.length / 2; length++) {
    // A text has the period `length` when shifting it by as much changes nothing where both overlap.
    const repeats = text.slice(length) === text.slice(0, -length);
    if (repeats) return [...text.slice(0, length)].length < SHORTEST_UNIT_ALLOWED;
  }
  return false;
}

/** Covers every stretch that runs along a line or stays on one key. */
function coverRuns(text: string): string {
  const characters = text.split('');
  windowsOf(text).forEach((window, start) => {
    if (runs.has(window) || window === window.charAt(0).repeat(RUN_LENGTH)) {
      characters.fill(COVERED, start, start + RUN_LENGTH);
    }
  });
  return characters.join('');
}

function windowsOf(text: string): string[] {
  const count = Math.max(0, text.length - RUN_LENGTH + 1);
  return Array.from({ length: count }, (_, start) => text.slice(start, start + RUN_LENGTH));
}

/** Words of letters only: what an account's digits and dots add is allowed for anyway. */
function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}]{3,}/gu) ?? [];
}

/** The longest listed password within `text`: one or none. Bare digits don't count: random ones hold many. */
function longestListedIn(text: string): string[] {
  return longestFirst(listedWithLetters.filter((entry) => text.includes(entry))).slice(0, 1);
}

const listedWithLetters = [...commonPasswords].filter((entry) => /[a-z]/.test(entry));

function longestFirst(words: readonly string[]): string[] {
  return words.toSorted((a, b) => b.length - a.length);
}

import { commonPasswords } from './common-passwords.ts';

/** An account's own words, which an attacker tries first. */
export interface OwnWords {
  readonly email?: string | null | undefined;
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
}

/**
 * Whether a password of any length is easily guessed (NIST SP 800-63B-4 §3.1.1.2; OWASP ASVS 6.2.4, 6.2.11). Ignoring
 * case, it is if
 *  1. it is listed, or equals the account's e-mail address, username or name;
 *  2. it repeats a unit of fewer than eight characters from beginning to end;
 *  3. all but two of its characters belong to runs of four or more along a keyboard, the alphabet or the digits;
 *  4. it consists of the account's own words, the service's name and at most one listed password, with only such runs
 *     and up to twelve digits and marks beside them ("Latchkey-2031!", "password12345678").
 * With any other letters, rule 4 does not apply: phrases of ordinary words pass, and so do random digits. Fifteen random
 * digits are refused about once in a million times, random letters never.
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
/** Replaces a character that a rule covers. A password that contains it only seems more common than it is. */
const COVERED = '\0';
/** ASCII without its letters and control characters. */
const DIGITS_AND_MARKS = /^[ -@[-`{-~]{0,12}$/;

/** Sequences that runs follow: rows and columns of keyboards, the alphabet, common zigzags. */
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
    // A text has the period `length` if it equals itself shifted by `length` where both overlap.
    const repeats = text.slice(length) === text.slice(0, -length);
    if (repeats) return [...text.slice(0, length)].length < SHORTEST_UNIT_ALLOWED;
  }
  return false;
}

/** Covers every run along a line or of one repeated character. */
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

/** Words of letters only: rule 4 allows for digits and marks anyway. */
function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}]{3,}/gu) ?? [];
}

/** The longest listed password within `text`, if any. Not of digits only: random digits contain many of those. */
function longestListedIn(text: string): string[] {
  for (let length = LONGEST_LISTED; length > 0; length--) {
    for (let start = 0; start + length <= text.length; start++) {
      const part = text.slice(start, start + length);
      if (listedWithLetters.has(part)) return [part];
    }
  }
  return [];
}

const listedWithLetters = new Set([...commonPasswords].filter((entry) => /[a-z]/.test(entry)));
const LONGEST_LISTED = Math.max(...[...listedWithLetters].map(({ length }) => length));

function longestFirst(words: readonly string[]): string[] {
  return words.toSorted((a, b) => b.length - a.length);
}

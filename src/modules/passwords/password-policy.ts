import type { InvalidField, InvalidFieldCode } from '../../core/invalid-field.ts';
import { isTooCommon, type OwnWords } from './too-common.ts';

/** In code points, after NFC, so at most 1 KiB of UTF-8. NIST SP 800-63B-4 §3.1.1.2 asks for 64 or more. */
export const PASSWORD_MAX_LENGTH = 256;

/**
 * UTF-8 bytes as sent, before NFC: more than this cannot become 256 code points (NFC shortens to a third
 * at best), and is refused without looking further, since long inputs are the cheapest way to make a server
 * compute.
 */
const SENT_MAX_BYTES = 4096;

export interface PasswordPolicy {
  /** What is wrong with a password that someone wants to set, or null; `path` addresses it in the input. */
  check(password: string, account: OwnWords, path?: readonly string[]): InvalidField | null;
}

/**
 * The rules for a new password: a length in code points and a blocklist; no composition rules, no expiry.
 * They are for setting one. Sign-in asks only {@link isAcceptableLength}, so that a stricter policy locks
 * nobody out.
 */
export function createPasswordPolicy({ minLength }: { minLength: number }): PasswordPolicy {
  return {
    check(password, account, path = ['password']) {
      const invalid = (code: InvalidFieldCode, message: string): InvalidField => ({ path, code, message });

      if (!isAcceptableLength(password))
        return invalid('TOO_LONG', `At most ${PASSWORD_MAX_LENGTH} characters.`);
      const normalized = normalizePassword(password);
      if (normalized === null)
        return invalid('MALFORMED', 'The password contains something that is not text.');
      if (codePoints(normalized) < minLength)
        return invalid('TOO_SHORT', `Use at least ${minLength} characters.`);
      if (isTooCommon(normalized, account))
        return invalid('TOO_COMMON', 'This password is easily guessed. Choose another.');
      return null;
    },
  };
}

/** Whether a password is short enough to be hashed at all. Cheap: ask before any look-up, for all alike. */
export function isAcceptableLength(password: string): boolean {
  if (Buffer.byteLength(password) > SENT_MAX_BYTES) return false;
  return codePoints(password.normalize('NFC')) <= PASSWORD_MAX_LENGTH;
}

/**
 * The form of a password that is measured and hashed: NFC, so that every keyboard's spelling of it is the
 * same one (NIST SP 800-63B-4 §3.1.1.2). Nothing is trimmed or folded. Null for lone surrogates: UTF-8 would
 * turn each of them into U+FFFD, and different passwords into one.
 */
export function normalizePassword(password: string): string | null {
  return /\p{Surrogate}/u.test(password) ? null : password.normalize('NFC');
}

function codePoints(text: string): number {
  return [...text].length;
}

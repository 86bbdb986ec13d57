import type { InvalidField, InvalidFieldCode } from '../../core/invalid-field.ts';
import { isTooCommon, type OwnWords } from './too-common.ts';

/** In code points, after NFC, so at most 1 KiB of UTF-8. NIST SP 800-63B-4 §3.1.1.2 asks for 64 or more. */
export const PASSWORD_MAX_LENGTH = 256;

/**
 * UTF-8 bytes as sent, before NFC. A longer password cannot have 256 code points or fewer (NFC shortens to a third at
 * most), so it is refused without normalising: long inputs are a cheap way to keep a server busy.
 */
const SENT_MAX_BYTES = 4096;

export interface PasswordPolicy {
  /** Checks a new password; null if valid. `path` is its place in the input. */
  check(password: string, account: OwnWords, path?: readonly string[]): InvalidField | null;
}

/**
 * Rules for a new password: its length in code points and a blocklist; no composition rules, no expiry. Sign-in checks
 * only {@link isAcceptableLength}, so that a stricter policy locks nobody out.
 */
export function createPasswordPolicy({ minLength }: { minLength: number }): PasswordPolicy {
  return {
    check(password, account, path = ['password']) {
      const invalid = (code: InvalidFieldCode, message: string): InvalidField => ({ path, code, message });

      if (!isAcceptableLength(password))
        return invalid('TOO_LONG', `At most ${PASSWORD_MAX_LENGTH} characters.`);
      const normalized = normalizePassword(password);
      if (normalized === null) return invalid('MALFORMED', 'The password contains invalid characters.');
      if (codePoints(normalized) < minLength)
        return invalid('TOO_SHORT', `Use at least ${minLength} characters.`);
      if (isTooCommon(normalized, account))
        return invalid('TOO_COMMON', 'This password is easily guessed. Choose another.');
      return null;
    },
  };
}

/** Whether a password is short enough to be hashed. Cheap; check before any look-up, whoever the user is. */
export function isAcceptableLength(password: string): boolean {
  if (Buffer.byteLength(password) > SENT_MAX_BYTES) return false;
  return codePoints(password.normalize('NFC')) <= PASSWORD_MAX_LENGTH;
}

/**
 * Normalises a password to NFC for measuring and hashing, so that all keyboards' encodings of it are equal (NIST SP
 * 800-63B-4 §3.1.1.2). Does not trim or fold case. Null for lone surrogates: UTF-8 would replace each by U+FFFD, and
 * different passwords would become equal.
 */
export function normalizePassword(password: string): string | null {
  return /\p{Surrogate}/u.test(password) ? null : password.normalize('NFC');
}

function codePoints(text: string): number {
  return [...text].length;
}

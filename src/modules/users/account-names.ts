import { normalizeBounded } from './bounded-text.ts';
import { toAsciiDomain } from './email-domain.ts';
import { mixesScripts } from './mixed-scripts.ts';

/**
 * An e-mail address or username as displayed, and its unique key. Both forms of an address name the same mailbox; mail
 * goes to the key, so that no spelling reaches another mailbox.
 */
export type AccountName = {
  readonly text: string;
  readonly key: string;
};

/** What a user signs in with. The kinds cannot collide: an address always contains "@", a username never does. */
export interface Identifier {
  readonly kind: 'email' | 'username';
  readonly key: string;
}

const MAX_EMAIL_LENGTH = 254; // RFC 5321 §4.5.3.1.3, less the angle brackets
const MAX_LOCAL_PART_LENGTH = 64; // RFC 5321 §4.5.3.1.1
const MAX_USERNAME_UNITS = 64; // 32 code points in UTF-16

/** Quotes, brackets and commas are legal in quoted local parts; attackers used them to make mailers add a second recipient. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it matches
const FORBIDDEN_IN_EMAIL = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029",:;<>()[\]\\]|\p{C}|\p{Z}/u;

/**
 * Parses an e-mail address; null if invalid. Normalises (NFKC, then case folding for the key) before it validates:
 * otherwise a full-width "@" or comma would pass the checks and then become the ASCII one (CVE-2025-31124). The key is
 * itself a valid address, whose key is the same.
 */
export function parseEmail(value: string): AccountName | null {
  const text = normalizeBounded(value.trim(), 'NFKC', MAX_EMAIL_LENGTH);
  if (text === null || text.length > MAX_EMAIL_LENGTH || FORBIDDEN_IN_EMAIL.test(text)) return null;
  const [local = '', domain = '', ...more] = text.split('@');
  if (more.length > 0 || local === '' || /^\.|\.\.|\.$/.test(local)) return null;
  const mailbox = foldCase(local);
  const asciiDomain = toAsciiDomain(domain);
  if (asciiDomain === null || Buffer.byteLength(mailbox) > MAX_LOCAL_PART_LENGTH) return null;
  const key = `${mailbox}@${asciiDomain}`;
  return Buffer.byteLength(key) > MAX_EMAIL_LENGTH ? null : { text, key };
}

/**
 * Parses a username; null if invalid. Valid are 3 to 32 letters, digits and `._-`, all visible (Hangul fillers are
 * letters, but invisible), from scripts that one language combines.
 */
export function parseUsername(value: string): AccountName | null {
  const text = normalizeBounded(value, 'NFKC', MAX_USERNAME_UNITS);
  if (text === null || !/^[\p{L}\p{N}._-]{3,32}$/u.test(text)) return null;
  const looksAlike = /\p{Default_Ignorable_Code_Point}/u.test(text) || mixesScripts(text);
  return looksAlike ? null : { text, key: foldCase(text) };
}

/** Parses the identifier of a sign-in; null if no account can have it. */
export function parseIdentifier(value: string): Identifier | null {
  const email = parseEmail(value);
  if (email !== null) return { kind: 'email', key: email.key };
  const username = parseUsername(value.trim());
  return username === null ? null : { kind: 'username', key: username.key };
}

/** Case folding. Lower-casing alone is not enough: "Σ" becomes "σ" or "ς", depending on its position. */
export function foldCase(value: string): string {
  return value.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

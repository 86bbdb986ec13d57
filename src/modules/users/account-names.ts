import { normalizeBounded } from './bounded-text.ts';
import { toAsciiDomain } from './email-domain.ts';
import { mixesScripts } from './mixed-scripts.ts';

/**
 * An address or username as it is shown, and the key under which it is unique. The two forms of an address name the same
 * mailbox, and mail is sent to the key, so that no spelling leads elsewhere.
 */
export interface AccountName {
  readonly text: string;
  readonly key: string;
}

/** What someone signs in with. The key's alphabet tells which: a username never holds an "@", an address always does. */
export interface Identifier {
  readonly kind: 'email' | 'username';
  readonly key: string;
}

const MAX_EMAIL_LENGTH = 254; // RFC 5321 §4.5.3.1.3, less the angle brackets
const MAX_LOCAL_PART_LENGTH = 64; // RFC 5321 §4.5.3.1.1
const MAX_USERNAME_UNITS = 64; // 32 code points in UTF-16

/** Quotes, brackets and commas are legal in quoted local parts, and have smuggled second recipients past mailers. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN_IN_EMAIL = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029",:;<>()[\]\\]|\p{C}|\p{Z}/u;

/**
 * The address in `value`, or null. It is normalised before it is validated (NFKC, then case-folded for the key): the
 * other way round, a full-width "@" or comma passes the checks and turns into the real one (CVE-2025-31124). The key is
 * an address too, and its own key.
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
 * The username in `value`, or null: 3 to 32 letters, digits and `._-`, all visible (Hangul fillers are letters that show
 * nothing), and of scripts that one language is written in.
 */
export function parseUsername(value: string): AccountName | null {
  const text = normalizeBounded(value, 'NFKC', MAX_USERNAME_UNITS);
  if (text === null || !/^[\p{L}\p{N}._-]{3,32}$/u.test(text)) return null;
  const looksAlike = /\p{Default_Ignorable_Code_Point}/u.test(text) || mixesScripts(text);
  return looksAlike ? null : { text, key: foldCase(text) };
}

/** How someone is looked up who signs in with `value`; null when no account can have such a name. */
export function parseIdentifier(value: string): Identifier | null {
  const email = parseEmail(value);
  if (email !== null) return { kind: 'email', key: email.key };
  const username = parseUsername(value.trim());
  return username === null ? null : { kind: 'username', key: username.key };
}

/** Case folding: lower-casing alone keeps apart what differs in case only ("Σ" may become "σ" or "ς"). */
export function foldCase(value: string): string {
  return value.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

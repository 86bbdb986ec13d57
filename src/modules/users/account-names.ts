import { domainToASCII } from 'node:url';

/** An address or username as it is shown, and the key under which it is unique. */
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

/** Quotes, brackets and commas are legal in quoted local parts, and have smuggled second recipients past mailers. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN_IN_EMAIL = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029",:;<>()[\]\\]|\p{C}|\p{Z}/u;

/**
 * The address in `value`, or null. It is normalised before it is validated (NFKC, then case-folded for the key): the
 * other way round, a full-width "@" or comma passes the checks and turns into the real one (CVE-2025-31124).
 */
export function parseEmail(value: string): AccountName | null {
  const text = value.trim().normalize('NFKC');
  const [local = '', domain = '', ...more] = text.split('@');
  if (more.length > 0 || FORBIDDEN_IN_EMAIL.test(text)) return null;
  if (local === '' || Buffer.byteLength(local) > MAX_LOCAL_PART_LENGTH || /^\.|\.\.|\.$/.test(local))
    return null;
  const asciiDomain = domainToASCII(domain);
  if (!/^[^.]+(\.[^.]+)+$/.test(asciiDomain) || text.length > MAX_EMAIL_LENGTH) return null;
  return { text, key: `${fold(local)}@${asciiDomain}` };
}

/** The username in `value`, or null: 3 to 32 letters, digits and `._-`. */
export function parseUsername(value: string): AccountName | null {
  const text = value.normalize('NFKC');
  return /^[\p{L}\p{N}._-]{3,32}$/u.test(text) ? { text, key: fold(text) } : null;
}

/** How someone is looked up who signs in with `value`; null when no account can have such a name. */
export function parseIdentifier(value: string): Identifier | null {
  const email = parseEmail(value);
  if (email !== null) return { kind: 'email', key: email.key };
  const username = parseUsername(value.trim());
  return username === null ? null : { kind: 'username', key: username.key };
}

/** The name to show in `value`, or null when it is empty, too long, or holds characters that forge or hide text. */
export function parseDisplayName(value: string): string | null {
  const text = value.normalize('NFC').trim();
  const length = [...text].length;
  return length >= 1 &&
    length <= 100 &&
    !/[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(text)
    ? text
    : null;
}

/** Case folding: lower-casing alone keeps apart what differs in case only ("Σ" may become "σ" or "ς"). */
function fold(value: string): string {
  return value.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

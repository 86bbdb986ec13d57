import { domainToASCII } from 'node:url';

const MAX_DOMAIN_LENGTH = 253; // RFC 1035 §2.3.4: 255 octets on the wire

/**
 * Letters, marks, digits, hyphens, dots, and punctuation that some languages use within words (RFC 5892, A.3 to A.7).
 * Default-ignorable characters are excluded: IDNA drops them (UTS 46 §4), so the domain would become another one.
 */
const DOMAIN =
  /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{Nd}.\-\u00b7\u0375\u05f3\u05f4\u30fb])+$/u;
/** RFC 1123 §2.1. */
const LABEL = /^(?!-)[a-z\d-]{1,63}(?<!-)$/;

/**
 * Converts the domain of an e-mail address to ASCII; null if invalid.
 *
 * `domainToASCII` parses its argument as the host of a URL: it stops at "#", "/" or "?", decodes "%78", and converts
 * numbers to an IPv4 address ("0x7f.1"). So its input is limited to characters of domains, and to 253 of them, since it
 * takes quadratic time. A result whose last label is a number is refused: every IPv4 address ends in one.
 */
export function toAsciiDomain(domain: string): string | null {
  if (domain.length > MAX_DOMAIN_LENGTH || !DOMAIN.test(domain)) return null;
  const ascii = domainToASCII(domain);
  const labels = ascii.split('.');
  const valid =
    ascii.length <= MAX_DOMAIN_LENGTH &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '');
  return valid ? ascii : null;
}

import { domainToASCII } from 'node:url';

const MAX_DOMAIN_LENGTH = 253; // RFC 1035 §2.3.4: 255 octets on the wire

/**
 * Letters, marks, digits, hyphens and dots, and the marks that some languages have within words (RFC 5892, A.3 to A.7).
 * IDNA drops what is default-ignorable (UTS 46 §4), so a domain with it would look like another, or be another.
 */
const DOMAIN =
  /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{Nd}.\-\u00b7\u0375\u05f3\u05f4\u30fb])+$/u;
/** RFC 1123 §2.1. */
const LABEL = /^(?!-)[a-z\d-]{1,63}(?<!-)$/;

/**
 * The ASCII form of the domain of an e-mail address, or null.
 *
 * `domainToASCII` parses its argument like the host of a URL: it ends at "#", "/" or "?", decodes "%78", and turns
 * numbers into an IPv4 address ("0x7f.1"). So it is given nothing but what domains consist of, and at most 253 of that,
 * since it takes quadratic time. A result whose last label is a number is refused: every IPv4 address ends in one.
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

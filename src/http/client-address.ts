import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * One spelling for every address, so that it counts and compares as one: an IPv4 address mapped into IPv6 is the IPv4
 * address, and a zone (`%eth0`, RFC 4007 §11) names an interface of ours, which Postgres takes for no part of an address.
 * Null for what is none, which a trusted proxy may well have passed on from a header.
 */
export function canonicalAddress(address: string | undefined): string | null {
  const [bare = ''] = (address ?? '').split('%');
  // The parser below also takes 1, 0x7f.1 and 010.0.0.1 for addresses, as C's inet_aton does.
  return isIP(bare) === 0 ? null : ipaddr.process(bare).toString();
}

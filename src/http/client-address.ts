import ipaddr from 'ipaddr.js';

/**
 * One spelling for every address, so that it counts and compares as one: an IPv4 address mapped into IPv6 is the IPv4
 * address. Null for what is none, which a trusted proxy may well have passed on from a header.
 */
export function canonicalAddress(address: string | undefined): string | null {
  return address !== undefined && ipaddr.isValid(address) ? ipaddr.process(address).toString() : null;
}

import { isIP, SocketAddress } from 'node:net';

/**
 * One spelling for every address, so that it counts and compares as one: an IPv4 address mapped into IPv6 is the IPv4
 * address, and a zone (`%eth0`, RFC 4007 §11) names an interface of ours, which Postgres takes for no part of an address.
 * Null for what is none, which a trusted proxy may well have passed on from a header.
 */
export function canonicalAddress(address: string | undefined): string | null {
  const [bare = ''] = (address ?? '').split('%');
  const family = isIP(bare);
  if (family === 0) return null;
  if (family === 4) return bare;
  const { address: canonical } = new SocketAddress({ address: bare, family: 'ipv6' });
  return canonical.replace(/^::ffff:(?=\d+\.)/, '');
}

import { isIP, SocketAddress } from 'node:net';

/**
 * One spelling for every address, so that it counts and compares as one: RFC 5952's for IPv6; an IPv4 address mapped into
 * IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address; a zone (`%eth0`, RFC 4007 §11) names an interface of ours, which Postgres
 * takes for no part of an address. Null for what is no address, such as a name, a network or an address with a port.
 */
export function canonicalAddress(address: string | undefined): string | null {
  const [bare = ''] = (address ?? '').split('%');
  const family = isIP(bare);
  if (family === 0) return null;
  if (family === 4) return bare;
  const { address: canonical } = new SocketAddress({ address: bare, family: 'ipv6' });
  return canonical.replace(/^::ffff:(?=\d+\.)/, '');
}

/**
 * The part of a canonical address that stands for one client wherever clients are counted: an IPv4 address as it is, an
 * IPv6 address as its /64 network. A host chooses the other 64 bits itself, as often as it likes (RFC 4291 §2.5.1, RFC 8981).
 */
export function addressBucket(address: string): string {
  if (isIP(address) !== 6) return address;
  // IPv4 in the last 32 bits (`::192.0.2.1`) is written as one group and is two.
  const [head = [], tail = []] = address
    .replace(/[\d.]+\.\d+$/, '0:0')
    .split('::')
    .map((groups) => groups.split(':').filter((group) => group !== ''));
  const zeros = new Array<string>(8 - head.length - tail.length).fill('0');
  const network = [...head, ...zeros, ...tail].slice(0, 4).join(':');
  return `${canonicalAddress(`${network}::`)}/64`;
}

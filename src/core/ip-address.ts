import { isIP, SocketAddress } from 'node:net';

/**
 * The canonical form of an address, for counting and comparing: RFC 5952 for IPv6; an IPv4-mapped IPv6 address (RFC
 * 4291 §2.5.5.2) becomes IPv4; a zone (`%eth0`, RFC 4007 §11) is removed, since Postgres does not accept it. Null for
 * anything else, such as a host name, a network or an address with a port.
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
 * The part of a canonical address that identifies one client in rate limits: an IPv4 address itself, the /64 network of
 * an IPv6 address. A host chooses the other 64 bits itself and can change them at will (RFC 4291 §2.5.1, RFC 8981).
 */
export function addressBucket(address: string): string {
  if (isIP(address) !== 6) return address;
  // IPv4 notation of the last 32 bits (`::192.0.2.1`) stands for two groups.
  const [head = [], tail = []] = address
    .replace(/[\d.]+\.\d+$/, '0:0')
    .split('::')
    .map((groups) => groups.split(':').filter((group) => group !== ''));
  const zeros = new Array<string>(8 - head.length - tail.length).fill('0');
  const network = [...head, ...zeros, ...tail].slice(0, 4).join(':');
  return `${canonicalAddress(`${network}::`)}/64`;
}

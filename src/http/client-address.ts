import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { canonicalAddress } from '../core/ip-address.ts';

/** The address of the client that sent a request; null only where its connection has closed and has no address any more. */
export type ClientAddress = (request: IncomingMessage) => string | null;

/**
 * Takes the peer's word only where the peer is one of `trustedProxies`, and only from `X-Forwarded-For`, to which each
 * proxy appends the address it was called from: the right-most hop that is no trusted proxy is the client. What stands
 * further left comes from the client, who may have written anything.
 *
 * Where a proxy names no address (`unknown`, a host name), the client is taken for the last hop that is known. With
 * no address instead, all such clients would share one limit, or have none.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return ({ socket, headers }) => {
    let nearest = canonicalAddress(socket.remoteAddress);
    if (nearest === null) return null;
    for (const entry of fromTheRight(headers['x-forwarded-for'])) {
      if (!isTrusted(nearest, 0)) break;
      const hop = hopAddress(entry);
      if (hop === null) break;
      nearest = hop;
    }
    return nearest;
  };
}

/** The entries of a list header, last first, each read only when it is asked for; empty ones do not count (RFC 9110 §5.6.1). */
function* fromTheRight(header: string | string[] | undefined): Generator<string> {
  const list = String(header ?? '');
  for (let end = list.length; end >= 0; ) {
    const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1);
    const entry = list.slice(comma + 1, end).trim();
    if (entry !== '') yield entry;
    end = comma;
  }
}

/** The longest that is read: 45 characters of IPv6, a zone, and quotes, brackets and port around them. */
const MAX_ENTRY_LENGTH = 100;

/**
 * The address in an entry, without what some proxies put around it: a port (Azure Application Gateway), and the brackets
 * and quotes of RFC 7239 §6. IPv6 without brackets has no port: its last group would look the same.
 */
function hopAddress(entry: string): string | null {
  if (entry.length > MAX_ENTRY_LENGTH) return null;
  const bare = entry.replace(/^"(.*)"$/, '$1').trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(bare) ?? [];
  return canonicalAddress(bracketed ?? dotted ?? bare);
}

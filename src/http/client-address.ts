import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { canonicalAddress } from '../core/ip-address.ts';

/**
 * The client address of a request; null only if its connection has closed. `peer` is the canonical address of the other end,
 * for a caller that has it already.
 */
export type ClientAddress = (request: IncomingMessage, peer?: string | null) => string | null;

/**
 * Reads `X-Forwarded-For` only if the peer is one of `trustedProxies`. Each proxy appends the address of its peer, so
 * the client is the right-most address that is not a trusted proxy; entries further left can be forged by the client.
 *
 * If an entry is not an address (`unknown`, a host name), the nearest known hop counts as the client. Without an
 * address, all such clients would share one limit or have none.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return ({ socket, headers }, peer = canonicalAddress(socket.remoteAddress)) => {
    let nearest = peer;
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

/** Entries of a list header, last first, parsed lazily; empty ones are skipped (RFC 9110 §5.6.1). */
function* fromTheRight(header: string | string[] | undefined): Generator<string> {
  const list = String(header ?? '');
  for (let end = list.length; end >= 0; ) {
    const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1);
    const entry = list.slice(comma + 1, end).trim();
    if (entry !== '') yield entry;
    end = comma;
  }
}

/** Maximum length of an entry: 45 characters of IPv6, a zone, quotes, brackets and a port. */
const MAX_ENTRY_LENGTH = 100;

/**
 * The address of an entry, without the port that some proxies add (Azure Application Gateway) and the brackets and
 * quotes of RFC 7239 §6. IPv6 without brackets has no port: it would look like the last group.
 */
function hopAddress(entry: string): string | null {
  if (entry.length > MAX_ENTRY_LENGTH) return null;
  const bare = entry.replace(/^"(.*)"$/, '$1').trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(bare) ?? [];
  return canonicalAddress(bracketed ?? dotted ?? bare);
}

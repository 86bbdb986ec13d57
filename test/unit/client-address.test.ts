import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { createClientAddress } from '../../src/http/client-address.ts';

const PROXY = '10.0.0.1';

describe('the client behind trusted proxies', () => {
  test.each([
    ['named plainly', '203.0.113.7', '203.0.113.7'],
    ['with a port', '203.0.113.7:5555', '203.0.113.7'],
    ['in brackets', '[2001:db8::1]', '2001:db8::1'],
    ['in brackets, with a port', '[2001:db8::1]:80', '2001:db8::1'],
    ['in brackets, mapped', '[::ffff:203.0.113.7]:80', '203.0.113.7'],
    ['in brackets, with a zone', '[fe80::1%eth0]:80', 'fe80::1'],
    ['without brackets', '2001:DB8:0::1', '2001:db8::1'],
    ['whose last group looks like a port', '2001:db8::1:80', '2001:db8::1:80'],
    ['in quotes', '"203.0.113.7"', '203.0.113.7'],
    ['in quotes, with a port', '"203.0.113.7:5555"', '203.0.113.7'],
    ['in quotes and brackets', '"[2001:db8::1]:80"', '2001:db8::1'],
    ['padded', ' \t 203.0.113.7 \t ', '203.0.113.7'],
    ['padded in its quotes', '" 203.0.113.7 "', '203.0.113.7'],
    ['mapped into IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['mapped into IPv6, in hexadecimal', '::FFFF:cb00:7107', '203.0.113.7'],
    ['behind more proxies', '203.0.113.7, 10.0.0.3, 10.0.0.2', '203.0.113.7'],
    [
      'behind proxies that are named with ports',
      '203.0.113.7:1, "10.0.0.3:2", ::ffff:10.0.0.2',
      '203.0.113.7',
    ],
    ['between empty entries', ',203.0.113.7, ,,10.0.0.2,', '203.0.113.7'],
    ['who claims to be another', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['who claims to be a proxy', '10.0.0.9, 203.0.113.7', '203.0.113.7'],
    ['who wrote junk before', 'junk, 203.0.113.7', '203.0.113.7'],
    ['and a proxy itself', '10.0.0.9, 10.0.0.2', '10.0.0.9'],
  ])('is found: %s', (_, forwarded, address) => {
    expect(addressOf(PROXY, forwarded)).toBe(address);
  });

  test.each([
    ['an unknown one', 'unknown', PROXY],
    ['a name', 'client.example', PROXY],
    ['a port alone', ':80', PROXY],
    ['a port that is none', '203.0.113.7:port', PROXY],
    ['a port that is too long', '203.0.113.7:123456', PROXY],
    ['brackets left open', '[2001:db8::1', PROXY],
    ['empty brackets', '[]', PROXY],
    ['a quote left open', '"203.0.113.7', PROXY],
    ['a network', '203.0.113.0/24', PROXY],
    ['octal', '010.0.0.1', PROXY],
    ['hexadecimal', '0x7f.1', PROXY],
    ['a number', '3405803783', PROXY],
    ['RFC 7239', 'for=203.0.113.7', PROXY],
    ['an injection', "203.0.113.7'; --", PROXY],
    ['junk with an address before it', '203.0.113.7, junk', PROXY],
    ['junk behind another proxy', '203.0.113.7, junk, 10.0.0.2', '10.0.0.2'],
    ['a zone without end', `fe80::1%${'e'.repeat(10_000)}`, PROXY],
    ['nothing', '', PROXY],
    ['commas', ',, ,', PROXY],
  ])('is taken for the last hop known where they name no address: %s', (_, forwarded, address) => {
    expect(addressOf(PROXY, forwarded)).toBe(address);
  });

  test('is the peer where there is no header', () => {
    expect(addressOf(PROXY, undefined)).toBe(PROXY);
  });

  test('is not looked for in other headers', () => {
    const others = {
      forwarded: 'for=203.0.113.7',
      'x-real-ip': '203.0.113.7',
      'true-client-ip': '203.0.113.7',
    };
    expect(addressOf(PROXY, undefined, others)).toBe(PROXY);
  });

  test.each([PROXY, '::ffff:10.0.0.1', '::FFFF:0A00:1'])('is believed of the proxy as %s', (peer) => {
    expect(addressOf(peer, '203.0.113.7')).toBe('203.0.113.7');
  });

  test('is believed of a link-local proxy with its zone', () => {
    const clientAddress = createClientAddress(['fe80::/10']);
    expect(clientAddress(requestFrom('fe80::1%eth0', '203.0.113.7'))).toBe('203.0.113.7');
  });

  test('is found at the end of the longest header there can be', () => {
    const hops = '10.0.0.2,'.repeat(1_800);
    expect(addressOf(PROXY, `203.0.113.7,${hops}`)).toBe('203.0.113.7');
    expect(addressOf(PROXY, ','.repeat(16_000))).toBe(PROXY);
  });
});

describe('a peer that is no trusted proxy', () => {
  test.each(['198.51.100.9', '2001:db8::9'])('is the client, whatever it says: %s', (peer) => {
    expect(addressOf(peer, '203.0.113.7')).toBe(peer);
    expect(addressOf(peer, `203.0.113.7, ${PROXY}`)).toBe(peer);
  });

  test('has one spelling too', () => {
    expect(addressOf('::ffff:198.51.100.9', undefined)).toBe('198.51.100.9');
    expect(createClientAddress([])(requestFrom('::FFFF:127.0.0.1', '203.0.113.7'))).toBe('127.0.0.1');
  });

  test('has no address once its connection has closed, and the header is not believed instead', () => {
    expect(addressOf(undefined, '203.0.113.7')).toBeNull();
  });
});

function addressOf(peer: string | undefined, forwarded: string | undefined, headers = {}): string | null {
  return createClientAddress(['10.0.0.0/8'])(requestFrom(peer, forwarded, headers));
}

function requestFrom(peer: string | undefined, forwarded: string | undefined, headers = {}): IncomingMessage {
  const all = { ...headers, ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) };
  return { socket: { remoteAddress: peer }, headers: all } as IncomingMessage;
}

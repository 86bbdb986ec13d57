import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addressBucket, canonicalAddress } from '../../src/core/ip-address.ts';

describe('every spelling of an address is one', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:CB00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:0::1', '2001:db8::1'],
    ['2001:db8::1%eth0', '2001:db8::1'],
  ])('%s', (spelling, canonical) => {
    expect(canonicalAddress(spelling)).toBe(canonical);
  });

  test.each([
    '',
    'localhost',
    '203.0.113.7:80',
    '[::1]',
    '010.0.0.1',
    '1.2.3',
    '0x7f.1',
    '12345',
    '10.0.0.0/8',
    '%eth0',
  ])('and "%s" is none', (text) => {
    expect(canonicalAddress(text)).toBeNull();
  });
});

describe('a client counts as', () => {
  test.each([
    ['its address, where that is IPv4', '203.0.113.7', '203.0.113.7'],
    ['its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['its /64, zeros compressed behind it', '2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['its /64, zeros compressed across it', '2001:db8::1', '2001:db8::/64'],
    ['its /64, zeros compressed within it', '2001::2:3:4:5:6', '2001:0:0:2::/64'],
    ['its /64, zeros compressed before it', '::2:3:4:5:6', '0:0:0:2::/64'],
    ['its /64, with IPv4 at its end', '64:ff9b:1:2:3:4:192.0.2.1', '64:ff9b:1:2::/64'],
    ['the first /64', '::1', '::/64'],
    ['the first /64, with IPv4 at its end', '::192.0.2.1', '::/64'],
  ])('%s: %s', (_, address, bucket) => {
    expect(addressBucket(address)).toBe(bucket);
  });

  test('one network, whatever the host part', () => {
    const groups = (count: number) => fc.array(fc.nat(0xffff), { minLength: count, maxLength: count });
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), (network, host, otherHost) => {
        const address = (end: number[]) =>
          canonicalAddress([...network, ...end].map((group) => group.toString(16)).join(':')) as string;
        // ::ffff:0:0/96 is IPv4.
        fc.pre(network.some((group) => group !== 0));
        expect(addressBucket(address(host))).toBe(addressBucket(address(otherHost)));
        expect(addressBucket(address(host))).toMatch(/::\/64$/);
      }),
    );
  });
});

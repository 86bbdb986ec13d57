import { expect, test } from '@jest/globals';
import { createDigest } from '../../src/core/digest.ts';
import { newId, type UserId } from '../../src/core/ids.ts';
import { Secret } from '../../src/core/secret.ts';
import { KnownDevices } from '../../src/modules/known-devices/index.ts';

const DAY_MS = 86_400_000;

function setUp(...secrets: string[]) {
  const [first = 'x', ...others] = secrets;
  const digestOf = (name: string) => createDigest(new Secret(name.repeat(32)));
  const clock = { at: 1_800_000_000_000, now: () => new Date(clock.at) };
  const asked: unknown[] = [];
  const sessions = {
    wasUsedFrom: async (...of: unknown[]) => {
      asked.push(of);
      return false;
    },
  };
  return {
    clock,
    asked,
    devices: new KnownDevices({ sessions, digests: [digestOf(first), ...others.map(digestOf)], clock }),
  };
}

test('a device is known for ninety days, to the user who signed in and no other', () => {
  const { clock, devices } = setUp();
  const userId = newId<UserId>();
  const { token, expiresAt } = devices.tokenFor(userId);
  expect(expiresAt.getTime() - clock.at).toBe(90 * DAY_MS);
  expect(devices.isTokenOf(userId, token)).toBe(true);
  expect(devices.isTokenOf(newId<UserId>(), token)).toBe(false);
  clock.at += 90 * DAY_MS - 1_000;
  expect(devices.isTokenOf(userId, token)).toBe(true);
  clock.at += 1_000;
  expect(devices.isTokenOf(userId, token)).toBe(false);
});

test('a cookie outlives the rotation of the secret, until the old one is removed', () => {
  const userId = newId<UserId>();
  const { token } = setUp('x').devices.tokenFor(userId);
  expect(setUp('y', 'x').devices.isTokenOf(userId, token)).toBe(true);
  expect(setUp('y').devices.isTokenOf(userId, token)).toBe(false);
});

test('no part of a cookie can be changed, and another secret makes other cookies', () => {
  const { devices } = setUp();
  const userId = newId<UserId>();
  const { token } = devices.tokenFor(userId);
  for (let i = 0; i < token.length; i += 1) {
    const changed = `${token.slice(0, i)}${token[i] === 'a' ? 'b' : 'a'}${token.slice(i + 1)}`;
    expect([i, devices.isTokenOf(userId, changed)]).toEqual([i, false]);
  }
  for (const other of [null, '', 'lkd_', `${token}a`, ` ${token}`, setUp('y').devices.tokenFor(userId).token])
    expect(devices.isTokenOf(userId, other)).toBe(false);
});

test('an address is looked up by its network, for an account that does not exist too', async () => {
  const { asked, devices } = setUp();
  const from = (ipAddress: string | null) => ({ requestId: null, ipAddress, userAgent: null });
  const userId = newId<UserId>();
  await devices.isAddressOf(userId, from('2001:db8:1:2:3::4'));
  await devices.isAddressOf(null, from('203.0.113.7'));
  await devices.isAddressOf(userId, from(null));
  const seconds = 90 * 86_400;
  expect(asked).toEqual([
    [userId, '2001:db8:1:2::/64', seconds],
    [expect.stringMatching(/^[0-9a-f-]{36}$/), '203.0.113.7', seconds],
  ]);
});

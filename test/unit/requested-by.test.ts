import { expect, test } from '@jest/globals';
import { requestedBy } from '../../src/modules/sessions/index.ts';

const deviceOf = (userAgent: string | null) =>
  requestedBy({ requestId: null, ipAddress: null, userAgent }).device;

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox 140 on Linux'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari 18 on iOS',
  ],
  ['curl/8.5.0', null],
  [null, null],
])('%s is %s', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device);
});

test.each([
  'Your account is locked, call 555-0100/1.0 now',
  'https://evil.example/1.0 x',
  'Firefox\r\nhttps://evil.example/1.0',
  'Mozilla/5.0 (X; https://evil.example) Firefox/140.https://evil.example',
  'Firefox/1.0 https://evil.example',
])('a stranger cannot write into a message by User-Agent: %j', (userAgent) => {
  expect(deviceOf(userAgent) ?? '').not.toMatch(/evil|call|locked|http|[\r\n]/);
});

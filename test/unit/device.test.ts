import { describe, expect, test } from '@jest/globals';
import { describeDevice, type SessionDevice } from '../../src/modules/sessions/device.ts';
import { cpuMs } from '../support/cpu.ts';

interface Case {
  readonly name: string;
  readonly userAgent: string;
  readonly device: Omit<SessionDevice, 'userAgent'>;
}

const cases: readonly Case[] = [
  {
    name: 'Chrome on Windows',
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    device: { kind: 'DESKTOP', browser: 'Chrome 142', os: 'Windows' },
  },
  {
    name: 'Firefox on Linux',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    device: { kind: 'DESKTOP', browser: 'Firefox 145', os: 'Linux' },
  },
  {
    name: 'Safari on an iPhone',
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
    device: { kind: 'MOBILE', browser: 'Safari 18', os: 'iOS' },
  },
  {
    name: 'Safari on an iPad',
    userAgent:
      'Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
    device: { kind: 'TABLET', browser: 'Safari 18', os: 'iOS' },
  },
  {
    name: 'Googlebot',
    userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    device: { kind: 'BOT', browser: 'Googlebot 2', os: null },
  },
  { name: 'curl', userAgent: 'curl/8.14.1', device: { kind: 'OTHER', browser: null, os: null } },
  {
    name: 'markup',
    userAgent: '<script>alert(1)</script>',
    device: { kind: 'OTHER', browser: null, os: null },
  },
];

describe('the device of a User-Agent header', () => {
  test.each(cases)('$name', ({ userAgent, device }) => {
    expect(describeDevice(userAgent)).toEqual({ ...device, userAgent });
  });

  test.each([null, ''])('is unknown without one: %j', (userAgent) => {
    expect(describeDevice(userAgent)).toEqual({ kind: 'OTHER', browser: null, os: null, userAgent });
  });
});

test('no header of the greatest length takes long to parse', () => {
  const products = [
    'version/',
    'Macintosh',
    'like mac os x (',
    'ucbrowser ',
    'slackbot-',
    'se ',
    'x Ddg/',
    'android ',
  ];
  const repeated = ['1', '1.', '1_', '._1', ' ', '-', '/', ' FxiOS', '10.1;'];
  for (const product of products) {
    for (const part of [...repeated, product]) {
      const userAgent = (product + part.repeat(512)).slice(0, 512);
      expect(cpuMs(() => describeDevice(userAgent))).toBeLessThan(2);
    }
  }
});

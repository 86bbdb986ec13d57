import Bowser from 'bowser';
import { LRUCache } from 'lru-cache';

export type SessionDeviceKind = 'DESKTOP' | 'MOBILE' | 'TABLET' | 'BOT' | 'OTHER';

/** The device described by a User-Agent header. Untrusted: for display only. */
export interface SessionDevice {
  readonly kind: SessionDeviceKind;
  readonly browser: string | null;
  readonly os: string | null;
  readonly userAgent: string | null;
}

const KINDS: Readonly<Record<string, SessionDeviceKind>> = {
  desktop: 'DESKTOP',
  mobile: 'MOBILE',
  tablet: 'TABLET',
  bot: 'BOT',
};

/** Parsed devices by user agent: parsing takes up to 40 µs, and a response may hold thousands. */
const described = new LRUCache<string, SessionDevice>({ max: 1_000 });

export function describeDevice(userAgent: string | null): SessionDevice {
  if (userAgent === null || userAgent === '') return { kind: 'OTHER', browser: null, os: null, userAgent };
  const known = described.get(userAgent);
  if (known !== undefined) return known;
  const device = parse(userAgent);
  described.set(userAgent, device);
  return device;
}

function parse(userAgent: string): SessionDevice {
  const { browser, os, platform } = Bowser.parse(userAgent);
  const majorVersion = browser.version?.split('.')[0];
  return {
    kind: KINDS[platform.type ?? ''] ?? 'OTHER',
    browser: browser.name ? [browser.name, majorVersion].filter(Boolean).join(' ') : null,
    os: os.name || null,
    userAgent,
  };
}

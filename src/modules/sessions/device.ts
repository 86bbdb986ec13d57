import Bowser from 'bowser';

export type SessionDeviceKind = 'DESKTOP' | 'MOBILE' | 'TABLET' | 'BOT' | 'OTHER';

/** What a User-Agent header says of the device that sent it. It may lie: show it, decide nothing by it. */
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

export function describeDevice(userAgent: string | null): SessionDevice {
  if (userAgent === null || userAgent === '') return { kind: 'OTHER', browser: null, os: null, userAgent };
  const { browser, os, platform } = Bowser.parse(userAgent);
  const majorVersion = browser.version?.split('.')[0];
  return {
    kind: KINDS[platform.type ?? ''] ?? 'OTHER',
    browser: browser.name ? [browser.name, majorVersion].filter(Boolean).join(' ') : null,
    os: os.name || null,
    userAgent,
  };
}

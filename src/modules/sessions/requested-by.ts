import Bowser from 'bowser';
import type { Origin } from '../../core/principal.ts';
import { describeDevice } from './device.ts';

const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));

/**
 * The origin of a request in words for a message; null where unknown. A User-Agent that no browser sends is left out: a stranger would
 * write sentences of their own into a message to somebody else.
 */
export function requestedBy({ ipAddress, userAgent }: Origin): {
  readonly device: string | null;
  readonly ipAddress: string | null;
} {
  const { browser, os } = describeDevice(userAgent);
  const [, name = '', version = ''] = /^(.*?)( \d{1,4})?$/.exec(browser ?? '') ?? [];
  const known = [
    ...(BROWSERS.has(name) ? [`${name}${version}`] : []),
    ...(os !== null && SYSTEMS.has(os) ? [os] : []),
  ];
  return { device: known.length === 0 ? null : known.join(' on '), ipAddress };
}

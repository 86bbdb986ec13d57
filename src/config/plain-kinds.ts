import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { Mailbox } from '../core/mail.ts';
import { defaultRateLimits, type LimitName, type RateLimit } from '../core/rate-limits.ts';
import type { Roles } from '../core/scopes.ts';
import type { Kind } from './setting.ts';

/** A whole number within bounds; `minInTest` is a lower minimum for NODE_ENV=test. */
export function wholeNumber(min: number, max: number, minInTest = min): Kind<number> {
  const inTest = minInTest < min ? ` (from ${minInTest} where NODE_ENV is test)` : '';
  return {
    words: `a whole number from ${min} to ${max}${inTest}`,
    parse: (text, environment) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      return value >= (environment === 'test' ? minInTest : min) && value <= max ? value : undefined;
    },
  };
}

/** A length of time in seconds, written with the unit (`300s`, `5m`) or without (seconds). */
export function duration(minSeconds: number, maxSeconds: number): Kind<number> {
  return {
    words: `a length of time such as 120, 120s or 2m, from ${minSeconds}s to ${maxSeconds}s`,
    parse: (text) => {
      const [, amount, unit] = /^(\d{1,9})([sm]?)$/.exec(text) ?? [];
      const seconds = Number(amount) * (unit === 'm' ? 60 : 1);
      return seconds >= minSeconds && seconds <= maxSeconds ? seconds : undefined;
    },
  };
}

export function oneOf<const T extends string>(...values: readonly T[]): Kind<T> {
  return {
    words: `one of ${values.join(', ')}`,
    parse: (text) => values.find((value) => value === text),
  };
}

export function someOf<const T extends string>(...values: readonly T[]): Kind<readonly T[]> {
  return {
    words: `any of ${values.join(', ')}, comma-separated`,
    parse: (text) =>
      listOf(text, (entry) => values.some((value) => value === entry)) as readonly T[] | undefined,
  };
}

export const trueOrFalse: Kind<boolean> = {
  words: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

export const name: Kind<string> = {
  words: 'a name or URL of at most 255 characters without spaces',
  parse: (text) => (/^[\x21-\x7e]{1,255}$/.test(text) ? text : undefined),
};

export const bindAddress: Kind<string> = {
  words: 'an address or host name of this machine',
  parse: (text) => (isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,252})$/i.test(text) ? text : undefined),
};

export const folder: Kind<string> = {
  words: 'a path',
  parse: (text) => resolve(text),
};

/** `Readonly`, since a URL cannot be frozen: its setters write to a private slot. */
export const publicUrl: Kind<Readonly<URL>> = {
  words: 'an http or https URL without credentials, query or fragment',
  parse: (text) => {
    const url = parseUrl(text);
    return url && /^https?:$/.test(url.protocol) && !/[@?#]/.test(text) ? url : undefined;
  },
};

/** A mailbox with a display name, or without: its domain is then the name. */
export const mailbox: Kind<Mailbox> = {
  words: 'a name and an address, such as Example <no-reply@example.com>, or an address alone',
  parse: (text) => {
    const [, name = '', address = ''] =
      /^(?:([^<>"\p{C}]{1,100}?)\s*<)?([\w.+-]{1,64}@[\w.-]{1,190})>?$/u.exec(text) ?? [];
    if (address === '' || text.includes('<') !== text.endsWith('>')) return undefined;
    return { name: name || address.replace(/^.*@/, ''), address };
  },
};

const defaultAppPaths = {
  home: '/',
  verifyEmail: '/verify-email',
  resetPassword: '/reset-password',
  confirmEmailChange: '/confirm-email-change',
  cancelEmailChange: '/cancel-email-change',
};

/** The paths of all pages. */
export const appPaths: Kind<Readonly<typeof defaultAppPaths>> = {
  words: 'JSON of paths by page, such as {"resetPassword":"/account/reset"}, without query or fragment',
  parse: (text) => {
    const value = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const isValid = Object.entries(value).every(
      ([page, path]) => Object.hasOwn(defaultAppPaths, page) && /^\/[\w\-./~%]*$/.test(String(path)),
    );
    return isValid ? { ...defaultAppPaths, ...value } : undefined;
  },
};

/** Only origins as browsers send them, since origins are compared as strings. */
export const origins: Kind<Origins> = {
  words:
    'exact origins such as https://app.example.com, comma-separated, without path or final slash, and never *; or, ' +
    'outside production, localhost',
  parse: (text, environment) =>
    text === 'localhost' && environment !== 'production'
      ? text
      : listOf(text, (entry) => /^https?:/.test(entry) && parseUrl(entry)?.origin === entry),
};

/** `localhost`: every loopback origin, at any port. */
export type Origins = readonly string[] | 'localhost';

export const usernames: Kind<readonly string[]> = {
  words: 'usernames, comma-separated',
  parse: (text) => listOf(text, (entry) => /^[\p{L}\p{N}._-]{1,32}$/u.test(entry)),
};

/** Addresses of trusted proxies. A range of /0 would let any client forge its address. */
export const proxies: Kind<readonly string[]> = {
  words:
    'IP addresses, CIDR ranges or loopback, linklocal, uniquelocal, comma-separated, and never a range of /0',
  parse: (text) => listOf(text, (entry) => NAMED_RANGES.has(entry) || isAddressOrRange(entry)),
};

/** The configured roles, without the built-in ones. */
export const roles: Kind<Roles> = {
  words:
    'JSON such as {"editor":["posts:write"]}: role names of at most 32 characters (a-z, 0-9, _ and -, first a letter), ' +
    'each with a list of scopes without spaces, and never *',
  parse: (text) => {
    const value = parseJson(text);
    return isRoles(value) ? value : undefined;
  },
};

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** `300/5m`: 300 in every five minutes. */
function parseRateLimit(text: unknown): RateLimit | undefined {
  const [, limit, amount, unit = ''] = /^([1-9]\d{0,6})\/([1-9]\d{0,4})([smh])$/.exec(String(text)) ?? [];
  const windowSeconds = Number(amount) * (UNIT_SECONDS[unit] ?? Number.NaN);
  return windowSeconds <= 86_400 ? { limit: Number(limit), windowSeconds } : undefined;
}

/** Changes of the defaults by name, or none at all. */
export const rateLimits: Kind<Readonly<Partial<Record<LimitName, RateLimit>>> | 'off'> = {
  words:
    'JSON such as {"login.address":"600/5m"}, with the names of limits and at most a day each; or, outside production, off',
  parse: (text, environment) => {
    if (text === 'off') return environment === 'production' ? undefined : text;
    const value = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value).map(([name, limit]) => [name, parseRateLimit(limit)] as const);
    const isValid = entries.every(
      ([name, limit]) => Object.hasOwn(defaultRateLimits, name) && limit !== undefined,
    );
    return isValid ? Object.fromEntries(entries) : undefined;
  },
};

const NAMED_RANGES: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isAddressOrRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

const ROLE_NAME = /^[a-z][a-z0-9_-]{0,31}$/;
/** scope-token of RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

function isRoles(value: unknown): value is Roles {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([role, scopes]) => ROLE_NAME.test(role) && Array.isArray(scopes) && scopes.every(isScope),
  );
}

function isScope(value: unknown): boolean {
  return typeof value === 'string' && SCOPE.test(value) && value !== '*';
}

function listOf(text: string, accepts: (entry: string) => boolean): readonly string[] | undefined {
  const entries = text === '' ? [] : text.split(',').map((entry) => entry.trim());
  return entries.every(accepts) ? entries : undefined;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

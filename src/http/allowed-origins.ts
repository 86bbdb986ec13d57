import type { Config } from '../config/config.ts';

/** Which web pages may send requests with credentials. */
export interface AllowedOrigins {
  /** The setting that lists them. */
  readonly setting: 'CORS_ORIGIN' | 'PUBLIC_STREAMS_ORIGIN';
  has(origin: string): boolean;
}

export function createAllowedOrigins(
  setting: AllowedOrigins['setting'],
  origins: Config['http']['corsOrigins'],
): AllowedOrigins {
  if (origins === 'localhost') return { setting, has: (origin) => ON_THIS_MACHINE.test(origin) };
  const listed = new Set(origins);
  return { setting, has: (origin) => listed.has(origin) };
}

const ON_THIS_MACHINE = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

import type { Config } from '../config/config.ts';

/** Whether web pages of this origin may send requests with credentials. */
export type IsAllowedOrigin = (origin: string) => boolean;

export function createAllowedOrigins(origins: Config['http']['corsOrigins']): IsAllowedOrigin {
  if (origins === 'localhost') return (origin) => ON_THIS_MACHINE.test(origin);
  const listed = new Set(origins);
  return (origin) => listed.has(origin);
}

const ON_THIS_MACHINE = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

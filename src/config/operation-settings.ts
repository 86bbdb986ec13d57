import { oneOf, rateLimits, roles, trueOrFalse } from './plain-kinds.ts';
import type { Setting } from './setting.ts';

/** Limits of requests, roles, migrations and the log. */
export const operationSettings = {
  RATE_LIMITS: {
    accepts: rateLimits,
    default: {
      words: '{}; off where NODE_ENV is test',
      of: ({ text }) => (text('NODE_ENV') === 'test' ? 'off' : '{}'),
    },
    about:
      'Rate limits that differ from the defaults, which `npm run cli -- limits` prints; off for load tests, refused in production.',
  },
  ROLES: {
    accepts: roles,
    default: '{}',
    about: 'Roles and their scopes, in addition to `user` and `admin`, whose scopes it can replace.',
  },
  MIGRATE_ON_START: {
    accepts: trueOrFalse,
    default: 'true',
    about: 'Runs pending database migrations before serving.',
  },
  LOG_LEVEL: {
    accepts: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    about: 'Minimum severity of log lines.',
  },
} as const satisfies Record<string, Setting<unknown>>;

import { usernames, wholeNumber } from './plain-kinds.ts';
import type { Setting } from './setting.ts';

/** What a user can have: usernames, sessions and personal access tokens. */
export const userSettings = {
  RESERVED_USERNAMES: {
    accepts: usernames,
    default:
      'abuse,account,admin,administrator,anonymous,api,auth,help,hostmaster,info,latchkey,login,moderator,' +
      'no-reply,noreply,null,operator,owner,postmaster,root,security,staff,superuser,support,system,undefined,webmaster',
    emptyIsValue: true,
    about:
      'Usernames that users cannot choose, lookalikes included (`adm1n`); replaces the default, empty for none. ' +
      'Does not apply to `create-admin`.',
  },
  SESSION_LIFETIME_HOURS: {
    accepts: wholeNumber(1, 720),
    default: '720',
    about: 'Maximum lifetime of a session in hours (at most 30 days: NIST SP 800-63B-4, AAL1).',
  },
  SESSION_TIMEOUT_MINUTES: {
    // Activity is written once a minute: a shorter timeout would end sessions that are in use.
    accepts: wholeNumber(5, 43_200),
    default: {
      words: '10080, or the lifetime if shorter',
      of: ({ text }) => String(Math.min(10_080, Number(text('SESSION_LIFETIME_HOURS')) * 60)),
    },
    about: 'Minutes without activity after which a session ends; at most its lifetime.',
  },
  SESSION_RETENTION_DAYS: {
    accepts: wholeNumber(1, 3_650),
    default: '30',
    about: 'Days for which an ended session remains listed; its events stay in the audit log.',
  },
  AUDIT_RETENTION_DAYS: {
    accepts: wholeNumber(30, 36_500),
    default: '365',
    about:
      'Days for which the audit log keeps an event, with its ids, IP address and user agent; those of deleted accounts too. Older ones ' +
      'are deleted.',
  },
  MAX_SESSIONS_PER_USER: {
    accepts: wholeNumber(1, 100),
    default: '5',
    about:
      'Maximum active sessions per user; a further sign-in ends the oldest that was never used or, if all were, the oldest.',
  },
  MAX_PERSONAL_ACCESS_TOKENS: {
    accepts: wholeNumber(1, 1_000),
    default: '50',
    about: 'Maximum valid personal access tokens per user.',
  },
  PERSONAL_ACCESS_TOKEN_MAX_DAYS: {
    accepts: wholeNumber(1, 365),
    default: '365',
    about: 'Maximum lifetime of a personal access token in days.',
  },
} as const satisfies Record<string, Setting<unknown>>;

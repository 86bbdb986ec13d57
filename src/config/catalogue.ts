import { randomBytes } from 'node:crypto';
import { generateSigningKeyPem } from '../core/signing-key.ts';
import {
  bindAddress,
  duration,
  folder,
  name,
  oneOf,
  origins,
  proxies,
  publicUrl,
  rateLimits,
  roles,
  trueOrFalse,
  usernames,
  wholeNumber,
} from './plain-kinds.ts';
import { headerSecret, secretList, secretUrl, signingKey } from './secret-kinds.ts';
import type { Setting } from './setting.ts';

const randomSecret = () => randomBytes(32).toString('base64url');

/** All settings, in the order of reading and documentation. A derived default may use only earlier settings. */
export const catalogue = {
  NODE_ENV: {
    accepts: oneOf('development', 'test', 'production'),
    default: 'development',
    about: 'The environment. In production no secret is generated, and required settings must be given.',
  },
  PORT: {
    accepts: wholeNumber(0, 65_535),
    default: '4001',
    about: 'Port to listen on; 0 chooses a free one.',
  },
  HOST: {
    accepts: bindAddress,
    default: {
      words: '127.0.0.1; 0.0.0.0 in a container',
      of: ({ inContainer }) => (inContainer ? '0.0.0.0' : '127.0.0.1'),
    },
    about: 'Address to listen on.',
  },
  DATABASE_URL: {
    accepts: secretUrl('postgres', 'postgresql'),
    required: true,
    secret: true,
    about: 'The Postgres database. Without it, an embedded Postgres runs in DATA_DIR.',
  },
  DATABASE_POOL_SIZE: {
    accepts: wholeNumber(1, 1_000),
    default: '10',
    about:
      'Maximum pooled connections of one instance to Postgres. Up to three more are open for its lock, a probe and migrations.',
  },
  REDIS_URL: {
    accepts: secretUrl('redis', 'rediss'),
    secret: true,
    about: 'Redis, required for several instances. Without it, events and limits stay within this process.',
  },
  DATA_DIR: {
    accepts: folder,
    default: './.data',
    about: 'Folder of the embedded Postgres and of generated secrets.',
  },
  PUBLIC_URL: {
    accepts: publicUrl,
    default: { words: 'http://localhost with PORT', of: ({ text }) => `http://localhost:${text('PORT')}` },
    required: true,
    about:
      'URL at which clients reach Latchkey; determines cookie names and flags. In production https, except for loopback.',
  },
  CORS_ORIGIN: {
    accepts: origins,
    default: {
      words: 'none in production, else localhost',
      of: ({ text }) => (text('NODE_ENV') === 'production' ? '' : 'localhost'),
    },
    about:
      'Web origins that may send credentials; `localhost` means `localhost`, `127.0.0.1` and `[::1]` at any port.',
  },
  TRUSTED_PROXIES: {
    accepts: proxies,
    default: '',
    about: 'Proxies whose `X-Forwarded-For` is trusted for the client address.',
  },
  ROUTER_SECRET: {
    accepts: headerSecret,
    secret: true,
    about:
      'Secret that the router sends in the header `x-router-secret`; `/graphql` refuses requests without it. ' +
      'Required in production, unless ALLOW_DIRECT_ACCESS is true.',
  },
  ALLOW_DIRECT_ACCESS: {
    accepts: trueOrFalse,
    default: 'false',
    about: 'Allows production to serve `/graphql` without ROUTER_SECRET.',
  },
  MAX_SOCKETS: {
    accepts: wholeNumber(1, 1_000_000),
    default: '10000',
    about: 'Maximum open WebSockets of this process; further upgrades get 503.',
  },
  MAX_SOCKETS_PER_ADDRESS: {
    accepts: wholeNumber(1, 1_000_000),
    default: '200',
    about:
      'Maximum open WebSockets of one client address; further upgrades get 429. Not applied with ROUTER_SECRET, since a ' +
      'router opens many. Behind a proxy, set TRUSTED_PROXIES.',
  },
  JWT_ISSUER: {
    accepts: name,
    default: { words: 'the origin of PUBLIC_URL', of: ({ text }) => new URL(text('PUBLIC_URL')).origin },
    required: true,
    about: 'Claim `iss` of access tokens.',
  },
  JWT_AUDIENCE: {
    accepts: name,
    default: 'latchkey',
    required: true,
    about: 'Claim `aud` of access tokens.',
  },
  JWT_PRIVATE_KEY: {
    accepts: signingKey,
    required: true,
    secret: true,
    generate: generateSigningKeyPem,
    about: 'Key that signs access tokens: ES256 with an EC key, RS256 with an RSA key.',
  },
  JWT_ACCESS_EXPIRY: { accepts: duration(30, 300), default: '5m', about: 'Lifetime of an access token.' },
  REFRESH_SECRET: {
    accepts: secretList,
    required: true,
    secret: true,
    generate: randomSecret,
    about: 'Keys of refresh tokens: the first creates, all verify.',
  },
  REFRESH_GRACE_SECONDS: {
    accepts: wholeNumber(0, 60),
    default: '10',
    about: 'Seconds after its use during which a refresh token is accepted again; 0 disables this.',
  },
  PASSWORD_PEPPER: {
    accepts: secretList,
    required: true,
    secret: true,
    generate: randomSecret,
    about: 'Keys of the HMAC applied to passwords before they are hashed: the first creates, all verify.',
  },
  PASSWORD_MIN_LENGTH: {
    accepts: wholeNumber(8, 64),
    default: '15',
    about: 'Minimum password length in code points.',
  },
  LOCKOUT_FAILURES: {
    // NIST SP 800-63B-4 §3.2.2: at most 100.
    accepts: wholeNumber(1, 100),
    default: '5',
    about:
      'Wrong passwords in a row after which sign-in with an identifier is locked, whether or not an account has it.',
  },
  LOCKOUT_MINUTES: {
    accepts: wholeNumber(1, 1_440),
    default: '15',
    about: 'Minutes of the first lock; each further one within a day lasts twice as long, at most a day.',
  },
  STUFFING_IDENTIFIERS: {
    accepts: wholeNumber(0, 100),
    default: {
      words: '15; 0 where NODE_ENV is test',
      of: ({ text }) => (text('NODE_ENV') === 'test' ? '0' : '15'),
    },
    about:
      'Identifiers that fail from one address within a day after which it may sign in only to accounts that know the device or ' +
      'the address. Five suffice if they are more than four times those that succeed. 0 disables this, and the check for ' +
      'passwords that fail with many identifiers.',
  },
  PASSWORD_HASH: {
    accepts: oneOf('bcrypt', 'argon2id'),
    default: 'bcrypt',
    about:
      'Algorithm of new password hashes. Hashes of the other are verified, and replaced at the next sign-in. `argon2id` ' +
      '(19 MiB, two passes, one lane) requires `@node-rs/argon2`: Latchkey does not start where it does not load and give ' +
      'known answers.',
  },
  BCRYPT_COST: {
    accepts: wholeNumber(10, 15, 4),
    default: '10',
    about: 'Binary logarithm of the bcrypt rounds; each step doubles the work.',
  },
  BCRYPT_ENGINE: {
    accepts: oneOf('auto', 'bcryptjs'),
    default: 'auto',
    about:
      'What computes bcrypt. `auto`: the native `@node-rs/bcrypt` where it is installed, loads and gives known answers at ' +
      'start, else `bcryptjs`. Both compute the same hashes.',
  },
  HASH_WORKERS: {
    accepts: wholeNumber(1, 64),
    default: { words: 'the number of cores', of: ({ cores }) => String(Math.min(cores, 64)) },
    about: 'Threads that hash passwords.',
  },
  HASH_QUEUE_SECONDS: {
    accepts: wholeNumber(1, 30),
    default: '2',
    about:
      'Maximum expected wait for a password hash, in seconds; beyond it the request is refused as `RATE_LIMITED`. ' +
      'Client addresses are served round robin, and so are the accounts named by one address.',
  },
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
  MAX_SESSIONS_PER_USER: {
    accepts: wholeNumber(1, 100),
    default: '5',
    about: 'Maximum active sessions per user; a further sign-in ends the oldest.',
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

type Catalogue = typeof catalogue;
export type SettingName = keyof Catalogue;

type Always = { readonly default: unknown } | { readonly generate: unknown };
type ValueOf<S> = S extends Setting<infer T> ? (S extends Always ? T : T | null) : never;

/** The value of each setting; null if not given and without a default. */
export type Settings = { readonly [N in SettingName]: ValueOf<Catalogue[N]> };

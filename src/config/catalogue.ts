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
  roles,
  trueOrFalse,
  usernames,
  wholeNumber,
} from './plain-kinds.ts';
import { headerSecret, secretList, secretUrl, signingKey } from './secret-kinds.ts';
import type { Setting } from './setting.ts';

const randomSecret = () => randomBytes(32).toString('base64url');

/** Every setting, in the order in which they are documented and read; a derived default looks back, never ahead. */
export const catalogue = {
  NODE_ENV: {
    accepts: oneOf('development', 'test', 'production'),
    default: 'development',
    about:
      'What this process is for. In production nothing is generated or guessed: what matters must be given.',
  },
  PORT: { accepts: wholeNumber(0, 65_535), default: '4001', about: 'Port to listen on; 0 takes a free one.' },
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
    about: 'The Postgres database. Without it an embedded Postgres runs in the data folder.',
  },
  DATABASE_POOL_SIZE: {
    accepts: wholeNumber(1, 1_000),
    default: '10',
    about:
      'Connections to Postgres of one instance at most; up to three more are open beside them (its lock, a probe, migrations).',
  },
  REDIS_URL: {
    accepts: secretUrl('redis', 'rediss'),
    secret: true,
    about: 'Redis, which several instances need. Without it events and limits stay within this process.',
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
      'Where clients reach Latchkey; decides cookie names and flags. In production https, unless it is loopback.',
  },
  CORS_ORIGIN: {
    accepts: origins,
    default: {
      words: 'none in production, else localhost',
      of: ({ text }) => (text('NODE_ENV') === 'production' ? '' : 'localhost'),
    },
    about:
      'Web origins that may call with credentials; `localhost` stands for `localhost`, `127.0.0.1` and `[::1]` at any port.',
  },
  TRUSTED_PROXIES: {
    accepts: proxies,
    default: '',
    about: "Proxies whose word about a client's address is believed.",
  },
  ROUTER_SECRET: {
    accepts: headerSecret,
    secret: true,
    about:
      'The router proves itself with it in the header `x-router-secret`; others get no answer from `/graphql`. ' +
      'Production needs it, or ALLOW_DIRECT_ACCESS.',
  },
  ALLOW_DIRECT_ACCESS: {
    accepts: trueOrFalse,
    default: 'false',
    about: 'Says that production is meant to answer without ROUTER_SECRET.',
  },
  MAX_SOCKETS: {
    accepts: wholeNumber(1, 1_000_000),
    default: '10000',
    about: 'Open WebSockets of this process; beyond that an upgrade is answered 503.',
  },
  MAX_SOCKETS_PER_ADDRESS: {
    accepts: wholeNumber(1, 1_000_000),
    default: '200',
    about:
      'Open WebSockets of one client address; beyond that an upgrade is answered 429. With ROUTER_SECRET it does not apply: ' +
      'a router opens many. Behind a proxy it needs TRUSTED_PROXIES.',
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
    about: 'Signs access tokens: ES256 with an EC key, RS256 with an RSA key.',
  },
  JWT_ACCESS_EXPIRY: { accepts: duration(30, 300), default: '5m', about: 'Lifetime of an access token.' },
  REFRESH_SECRET: {
    accepts: secretList,
    required: true,
    secret: true,
    generate: randomSecret,
    about: 'Keys of refresh tokens: the first makes, all verify.',
  },
  REFRESH_GRACE_SECONDS: {
    accepts: wholeNumber(0, 60),
    default: '10',
    about: 'Seconds in which a refresh token that was just used works once more; 0 is strict.',
  },
  PASSWORD_PEPPER: {
    accepts: secretList,
    required: true,
    secret: true,
    generate: randomSecret,
    about: 'Keys of the hash beneath bcrypt: the first makes, all verify.',
  },
  PASSWORD_MIN_LENGTH: {
    accepts: wholeNumber(8, 64),
    default: '15',
    about: 'Shortest password in code points.',
  },
  BCRYPT_COST: {
    accepts: wholeNumber(10, 15, 4),
    default: '10',
    about: 'Binary logarithm of bcrypt rounds; each step doubles the work.',
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
      'Seconds that a password may wait for its turn to be hashed; beyond that its caller is told to come back later. ' +
      'Client addresses take turns, and so do the accounts that one address names.',
  },
  RESERVED_USERNAMES: {
    accepts: usernames,
    default:
      'abuse,account,admin,administrator,anonymous,api,auth,help,hostmaster,info,latchkey,login,moderator,' +
      'no-reply,noreply,null,operator,owner,postmaster,root,security,staff,superuser,support,system,undefined,webmaster',
    emptyIsValue: true,
    about:
      'Usernames that nobody may choose, nor what reads like them (`adm1n`), in place of the default; empty for none. ' +
      '`create-admin` may still give them.',
  },
  SESSION_LIFETIME_HOURS: {
    accepts: wholeNumber(1, 720),
    default: '720',
    about: 'Hours until a session ends in any case (at most 30 days: NIST SP 800-63B-4, AAL1).',
  },
  SESSION_TIMEOUT_MINUTES: {
    // Activity is written once a minute: a shorter timeout would end sessions that are in use.
    accepts: wholeNumber(5, 43_200),
    default: {
      words: '10080, or the lifetime where that is shorter',
      of: ({ text }) => String(Math.min(10_080, Number(text('SESSION_LIFETIME_HOURS')) * 60)),
    },
    about: 'Minutes without activity after which a session ends; no more than its lifetime.',
  },
  SESSION_RETENTION_DAYS: {
    accepts: wholeNumber(1, 3_650),
    default: '30',
    about: 'Days for which an ended session is still listed; its events stay in the audit log.',
  },
  MAX_SESSIONS_PER_USER: {
    accepts: wholeNumber(1, 100),
    default: '5',
    about: "A user's sessions at one time; beyond that the oldest gives way.",
  },
  MAX_PERSONAL_ACCESS_TOKENS: {
    accepts: wholeNumber(1, 1_000),
    default: '50',
    about: "A user's good personal access tokens at one time.",
  },
  PERSONAL_ACCESS_TOKEN_MAX_DAYS: {
    accepts: wholeNumber(1, 365),
    default: '365',
    about: 'The most days for which a personal access token may be made.',
  },
  ROLES: {
    accepts: roles,
    default: '{}',
    about: 'Roles and their scopes, added to `user` and `admin`, whose scopes it may replace.',
  },
  MIGRATE_ON_START: {
    accepts: trueOrFalse,
    default: 'true',
    about: 'Brings the database up to date before serving.',
  },
  LOG_LEVEL: {
    accepts: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    about: 'The least severe log lines that are written.',
  },
} as const satisfies Record<string, Setting<unknown>>;

type Catalogue = typeof catalogue;
export type SettingName = keyof Catalogue;

type Always = { readonly default: unknown } | { readonly generate: unknown };
type ValueOf<S> = S extends Setting<infer T> ? (S extends Always ? T : T | null) : never;

/** The value of each setting; null where it was not given and has no default. */
export type Settings = { readonly [N in SettingName]: ValueOf<Catalogue[N]> };

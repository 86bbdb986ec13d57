import { KeyObject } from 'node:crypto';
import type { CompatibleClaim } from '../core/compatible-claims.ts';
import { OperatorError } from '../core/operator-error.ts';
import { defaultRateLimits, type RateLimitTable } from '../core/rate-limits.ts';
import type { Roles } from '../core/scopes.ts';
import { defaultRoles } from '../core/scopes.ts';
import type { Secret } from '../core/secret.ts';
import { type SigningKeys, sharedSigningKeys } from '../core/signing-key.ts';
import type { SettingName, Settings } from './catalogue.ts';
import type { Machine } from './machine.ts';
import { thisMachine } from './machine.ts';
import type { Origins } from './plain-kinds.ts';
import type { Variables } from './read-settings.ts';
import { readSettings } from './read-settings.ts';
import type { SecretStore } from './secret-store.ts';
import type { Environment } from './setting.ts';
import { tokenRisks } from './token-risks.ts';
import { unreadSettings } from './unread-settings.ts';

/** The parsed configuration, frozen. The catalogue documents each setting. */
export interface Config {
  readonly environment: Environment;
  readonly http: {
    readonly port: number;
    readonly host: string;
    /** With PORT=0 the default contains port 0, not the actual port. */
    readonly publicUrl: Readonly<URL>;
    readonly corsOrigins: Origins;
    /** Addresses, CIDR ranges, or `loopback`, `linklocal`, `uniquelocal`. */
    readonly trustedProxies: readonly string[];
    readonly routerSecrets: readonly Secret[] | null;
    /** Pages for people that are served. */
    readonly pages: { readonly playground: boolean; readonly console: boolean };
    /** Whether clients open streams themselves, past the router, and from which web pages. */
    readonly publicStreams: { readonly origins: Origins } | null;
    /** Maximum open WebSockets of this process, and of one client address. */
    readonly maxSockets: number;
    readonly maxSocketsPerAddress: number;
  };
  /** Null: an embedded database in `dataDir`. */
  readonly database: { readonly url: Secret } | null;
  /** Maximum pooled connections, to the embedded database too. */
  readonly databasePoolSize: number;
  /** Maximum wait for a connection, and for the answer to a statement. */
  readonly databaseTimeoutMs: number;
  /** How long a server waits at start for the database; 0: not at all. */
  readonly startTimeoutMs: number;
  /** Null: events and limits stay within the process. */
  readonly redis: { readonly url: Secret } | null;
  /** Absolute path. */
  readonly dataDir: string;
  readonly tokens: {
    readonly issuer: string;
    readonly audience: string;
    readonly signingKeys: SigningKeys;
    readonly accessTtlSeconds: number;
    readonly compatibleClaims: readonly CompatibleClaim[];
  };
  /** The first secret creates, all verify. */
  readonly refresh: { readonly secrets: readonly Secret[]; readonly graceSeconds: number };
  readonly mail: {
    /** Null: messages are written into files. */
    readonly smtpUrl: Secret | null;
    /** `Name <address>`. */
    readonly from: Settings['MAIL_FROM'];
    /** Absolute path of the operator's templates, or null. */
    readonly templates: string | null;
  };
  /** The front end, to which links in messages lead. */
  readonly app: { readonly url: Readonly<URL>; readonly paths: Settings['APP_PATHS'] };
  readonly emailVerificationRequired: boolean;
  readonly passwords: {
    /** The first pepper creates, all verify. */
    readonly peppers: readonly Secret[];
    /** In code points. */
    readonly minLength: number;
    /** Whether replacing a password without the old one revokes personal access tokens. */
    readonly resetRevokesTokens: boolean;
    /** Of new hashes. */
    readonly algorithm: Settings['PASSWORD_HASH'];
    readonly bcryptCost: number;
    readonly bcryptEngine: Settings['BCRYPT_ENGINE'];
    readonly hashWorkers: number;
    readonly hashQueueSeconds: number;
  };
  /** Failing identifiers of an address. Null: neither addresses nor passwords are judged. */
  readonly suspiciousFrom: number | null;
  readonly lockout: { readonly failures: number; readonly lockSeconds: number };
  /** Users cannot choose these; operator commands can. */
  readonly reservedUsernames: readonly string[];
  readonly sessions: {
    readonly idleTimeoutSeconds: number;
    readonly lifetimeSeconds: number;
    readonly maxPerUser: number;
    /** How long the row of an ended session is kept. */
    readonly retentionSeconds: number;
  };
  readonly audit: { readonly retentionSeconds: number };
  readonly personalAccessTokens: { readonly maxPerUser: number; readonly maxDays: number };
  /** Null: no limits. */
  readonly rateLimits: RateLimitTable;
  readonly roles: Roles;
  readonly migrateOnStart: boolean;
  readonly logLevel: Settings['LOG_LEVEL'];
  /** Settings whose secret was generated and is stored in the data folder. */
  readonly generatedSecrets: readonly SettingName[];
  /** What is probably a mistake, or has a price: a sentence each. */
  readonly warnings: readonly string[];
}

/** Invalid configuration. Lists all problems, without values. */
export class ConfigError extends OperatorError {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(['Latchkey cannot start with this configuration:', ...problems].join('\n  - '));
    this.problems = problems;
  }
}

/**
 * Loads the configuration from environment variables. Outside production, missing secrets are generated once and stored
 * in the data folder, if there are no other problems.
 *
 * @throws {ConfigError} listing all problems.
 */
export function loadConfig(variables: Variables = process.env, machine: Machine = thisMachine()): Config {
  const first = readSettings(variables, machine);
  refuse([...first.problems, ...contradictions(first.settings, variables)]);
  const unread = unreadSettings(Object.keys(variables));
  if (first.generated.size === 0) return toConfig(first.settings, [], unread);

  const kept = keepSecrets(first.generated, machine.secretStore(first.settings.DATA_DIR));
  const { settings, problems } = readSettings({ ...variables, ...kept }, machine);
  refuse([...problems, ...contradictions(settings, variables)]);
  return toConfig(settings, [...first.generated.keys()], unread);
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Problems with combinations of settings. */
function contradictions(settings: Settings, given: Variables): string[] {
  const problems: string[] = [];
  const production = settings.NODE_ENV === 'production';
  if (production && settings.PUBLIC_URL.protocol !== 'https:' && !isLoopback(settings.PUBLIC_URL.hostname)) {
    problems.push('PUBLIC_URL must be https in production');
  }
  if (production && settings.ROUTER_SECRET === null && !settings.ALLOW_DIRECT_ACCESS) {
    problems.push('ROUTER_SECRET must be given in production, or ALLOW_DIRECT_ACCESS must be true');
  }
  if (production && settings.SMTP_URL !== null) {
    for (const name of ['MAIL_FROM', 'APP_URL'])
      if (!given[name]) problems.push(`${name} must be given in production with SMTP_URL`);
    if (settings.APP_URL.protocol !== 'https:' && !isLoopback(settings.APP_URL.hostname))
      problems.push('APP_URL must be https in production');
  }
  if (settings.SESSION_TIMEOUT_MINUTES > settings.SESSION_LIFETIME_HOURS * 60) {
    problems.push('SESSION_TIMEOUT_MINUTES must not exceed SESSION_LIFETIME_HOURS');
  }
  if (sharesSecret(settings)) {
    // The router knows ROUTER_SECRET, and back-ends know JWT_SECRET: with a shared secret they could forge refresh tokens.
    problems.push(
      'ROUTER_SECRET, JWT_SECRET, REFRESH_SECRET and PASSWORD_PEPPER must have no secret in common',
    );
  }
  return problems;
}

function isLoopback(hostname: string): boolean {
  return hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname) || /^(.+\.)?localhost$/.test(hostname);
}

function sharesSecret({ ROUTER_SECRET, JWT_SECRET, REFRESH_SECRET, PASSWORD_PEPPER }: Settings): boolean {
  const secrets = [...REFRESH_SECRET, ...PASSWORD_PEPPER, ...(ROUTER_SECRET ?? []), ...(JWT_SECRET ?? [])];
  return new Set(secrets.map((secret) => secret.reveal())).size < secrets.length;
}

function keepSecrets(
  generated: ReadonlyMap<SettingName, string>,
  store: SecretStore,
): Record<string, string> {
  const kept: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, candidate] of generated) {
    try {
      kept[name] = store.keep(name, candidate);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      problems.push(`${name} is not given, and a generated one cannot be stored in DATA_DIR (${code})`);
    }
  }
  refuse(problems);
  return kept;
}

function toConfig(
  settings: Settings,
  generatedSecrets: readonly SettingName[],
  unread: readonly string[],
): Config {
  return deepFreeze({
    environment: settings.NODE_ENV,
    http: {
      port: settings.PORT,
      host: settings.HOST,
      publicUrl: settings.PUBLIC_URL,
      corsOrigins: settings.CORS_ORIGIN,
      trustedProxies: settings.TRUSTED_PROXIES,
      routerSecrets: settings.ROUTER_SECRET,
      pages: { playground: settings.PLAYGROUND, console: settings.CONSOLE },
      publicStreams: settings.PUBLIC_STREAMS ? { origins: settings.PUBLIC_STREAMS_ORIGIN } : null,
      maxSockets: settings.MAX_SOCKETS,
      maxSocketsPerAddress: settings.MAX_SOCKETS_PER_ADDRESS,
    },
    database: settings.DATABASE_URL && { url: settings.DATABASE_URL },
    databasePoolSize: settings.DATABASE_POOL_SIZE,
    databaseTimeoutMs: settings.DATABASE_TIMEOUT_SECONDS * 1_000,
    startTimeoutMs: settings.START_TIMEOUT_SECONDS * 1_000,
    redis: settings.REDIS_URL && { url: settings.REDIS_URL },
    dataDir: settings.DATA_DIR,
    tokens: {
      issuer: settings.JWT_ISSUER,
      audience: settings.JWT_AUDIENCE,
      signingKeys: settings.JWT_PRIVATE_KEY ?? sharedSigningKeys(settings.JWT_SECRET ?? []),
      accessTtlSeconds: settings.JWT_ACCESS_EXPIRY,
      compatibleClaims: settings.JWT_COMPATIBLE_CLAIMS,
    },
    refresh: { secrets: settings.REFRESH_SECRET, graceSeconds: settings.REFRESH_GRACE_SECONDS },
    mail: { smtpUrl: settings.SMTP_URL, from: settings.MAIL_FROM, templates: settings.MAIL_TEMPLATES },
    app: { url: settings.APP_URL, paths: settings.APP_PATHS },
    emailVerificationRequired: settings.EMAIL_VERIFICATION === 'required',
    passwords: {
      peppers: settings.PASSWORD_PEPPER,
      minLength: settings.PASSWORD_MIN_LENGTH,
      resetRevokesTokens: settings.PASSWORD_RESET_REVOKES_TOKENS,
      algorithm: settings.PASSWORD_HASH,
      bcryptCost: settings.BCRYPT_COST,
      bcryptEngine: settings.BCRYPT_ENGINE,
      hashWorkers: settings.HASH_WORKERS,
      hashQueueSeconds: settings.HASH_QUEUE_SECONDS,
    },
    suspiciousFrom: settings.STUFFING_IDENTIFIERS || null,
    lockout: { failures: settings.LOCKOUT_FAILURES, lockSeconds: settings.LOCKOUT_MINUTES * 60 },
    reservedUsernames: settings.RESERVED_USERNAMES,
    sessions: {
      idleTimeoutSeconds: settings.SESSION_TIMEOUT_MINUTES * 60,
      lifetimeSeconds: settings.SESSION_LIFETIME_HOURS * 3600,
      maxPerUser: settings.MAX_SESSIONS_PER_USER,
      retentionSeconds: settings.SESSION_RETENTION_DAYS * 86_400,
    },
    audit: { retentionSeconds: settings.AUDIT_RETENTION_DAYS * 86_400 },
    personalAccessTokens: {
      maxPerUser: settings.MAX_PERSONAL_ACCESS_TOKENS,
      maxDays: settings.PERSONAL_ACCESS_TOKEN_MAX_DAYS,
    },
    rateLimits:
      settings.RATE_LIMITS === 'off'
        ? null
        : structuredClone({ ...defaultRateLimits, ...settings.RATE_LIMITS }),
    roles: structuredClone({ ...defaultRoles, ...settings.ROLES }),
    migrateOnStart: settings.MIGRATE_ON_START,
    logLevel: settings.LOG_LEVEL,
    generatedSecrets,
    warnings: [...unread, ...tokenRisks(settings)],
  });
}

/** Freezes recursively, except keys: they are immutable, and Node caches their details in the object. */
function deepFreeze<T extends object>(value: T): T {
  if (value instanceof KeyObject) return value;
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}

import { generateKeyPairSync, KeyObject, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { configurationDocuments } from '../../scripts/config-docs.ts';
import { markersOf, updateDocuments } from '../../scripts/documents.ts';
import type { Config } from '../../src/config/config.ts';
import { ConfigError, loadConfig } from '../../src/config/config.ts';
import type { Machine } from '../../src/config/machine.ts';
import { thisMachine } from '../../src/config/machine.ts';
import { settingsInOrder } from '../../src/config/read-settings.ts';
import { defaultRoles } from '../../src/core/scopes.ts';
import { Secret } from '../../src/core/secret.ts';
import { generateSigningKeyPem, parseSigningKey } from '../../src/core/signing-key.ts';

type Variables = Record<string, string | undefined>;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine: Machine = { ...thisMachine(), inContainer: false, cores: 6 };
const secret = () => randomBytes(32).toString('base64url');
const ecKey = generateSigningKeyPem();
const kidOf = (pem: string) => parseSigningKey(new Secret(pem)).kid;

/** Every secret given, so that nothing is generated. */
function complete(more: Variables = {}): Variables {
  return { JWT_PRIVATE_KEY: ecKey, REFRESH_SECRET: secret(), PASSWORD_PEPPER: secret(), ...more };
}

function production(more: Variables = {}): Variables {
  return complete({
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://latchkey:s3cr3t@db.internal/latchkey',
    PUBLIC_URL: 'https://auth.example.com',
    JWT_ISSUER: 'https://auth.example.com',
    JWT_AUDIENCE: 'supergraph',
    ROUTER_SECRET: secret(),
    ...more,
  });
}

/** A file of this content, by its path. */
function file(name: string, content: string): string {
  const path = join(folder, `${name}-${randomBytes(4).toString('hex')}`);
  writeFileSync(path, content);
  return path;
}

const load = (variables: Variables, on: Machine = machine): Config => loadConfig(variables, on);

function problemsOf(variables: Variables, on: Machine = machine): readonly string[] {
  try {
    load(variables, on);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** The names that the problems begin with. */
const blamed = (variables: Variables) => problemsOf(variables).map((problem) => problem.split(/[ ,]/)[0]);

describe('defaults', () => {
  test('a configuration with nothing but secrets has the documented defaults', () => {
    const config = load(complete());
    expect(config).toMatchObject({
      environment: 'development',
      http: {
        port: 4001,
        host: '127.0.0.1',
        corsOrigins: 'localhost',
        trustedProxies: [],
        maxSockets: 10_000,
        maxSocketsPerAddress: 200,
      },
      database: null,
      redis: null,
      dataDir: resolve('.data'),
      tokens: { issuer: 'http://localhost:4001', audience: 'latchkey', accessTtlSeconds: 300 },
      refresh: { graceSeconds: 10 },
      passwords: {
        minLength: 15,
        algorithm: 'bcrypt',
        bcryptCost: 10,
        bcryptEngine: 'auto',
        hashWorkers: 6,
        hashQueueSeconds: 2,
      },
      sessions: { idleTimeoutSeconds: 10_080 * 60, lifetimeSeconds: 720 * 3600, maxPerUser: 5 },
      roles: defaultRoles,
      migrateOnStart: true,
      logLevel: 'info',
      generatedSecrets: [],
    });
    expect(config.http.publicUrl.href).toBe('http://localhost:4001/');
    expect(config.http.routerSecrets).toBeNull();
  });

  test('an empty plain setting counts as not given', () => {
    expect(load(complete({ PORT: '', CORS_ORIGIN: ' ', ROLES: '' }))).toMatchObject({
      http: { port: 4001, corsOrigins: 'localhost' },
    });
  });

  test('no web origin is allowed in production, and localhost not even by name', () => {
    expect(load(production()).http.corsOrigins).toEqual([]);
    expect(blamed(production({ CORS_ORIGIN: 'localhost' }))).toEqual(['CORS_ORIGIN']);
  });

  test('pages are on outside production, and in production only if they are asked for', () => {
    expect(load({}).http.pages).toEqual({ playground: true, console: true });
    expect(load({ CONSOLE: 'false' }).http.pages).toEqual({ playground: true, console: false });
    expect(load(production()).http.pages).toEqual({ playground: false, console: false });
    expect(load(production({ PLAYGROUND: 'true' })).http.pages).toEqual({ playground: true, console: false });
  });

  test('rate limits change by name, and can be off outside production only', () => {
    const { rateLimits } = load(
      complete({ RATE_LIMITS: '{"login.address":"600/5m","tokens.user":"1/24h"}' }),
    );
    expect(rateLimits?.['login.address']).toEqual({ limit: 600, windowSeconds: 300 });
    expect(rateLimits?.['tokens.user']).toEqual({ limit: 1, windowSeconds: 86_400 });
    expect(rateLimits?.['login.identifier']).toMatchObject({ limit: 30, windowSeconds: 300 });
    expect(load(complete({ RATE_LIMITS: 'off' })).rateLimits).toBeNull();
    for (const wrong of [
      '{"login.adress":"600/5m"}',
      '{"__proto__":"600/5m","toString":"1/1s"}',
      '{"login.address":"0/5m"}',
      '{"login.address":"600/25h"}',
      '{"login.address":"600"}',
      '{"login.address":600}',
      '[]',
      'none',
    ])
      expect(blamed(complete({ RATE_LIMITS: wrong }))).toEqual(['RATE_LIMITS']);
    expect(() => load(production({ RATE_LIMITS: 'off' }))).toThrow('RATE_LIMITS');
    expect(load(production({})).rateLimits?.['login.address'].limit).toBe(300);
  });

  test('reserved usernames are replaced by those that are given, and none by an empty list', () => {
    expect(load(complete()).reservedUsernames).toEqual(expect.arrayContaining(['admin', 'root', 'no-reply']));
    const given = load(complete({ RESERVED_USERNAMES: 'Chef, директор' }));
    expect(given.reservedUsernames).toEqual(['Chef', 'директор']);
    expect(load(complete({ RESERVED_USERNAMES: '' })).reservedUsernames).toEqual([]);
    for (const list of ['a b', 'root,', '@root'])
      expect(blamed(complete({ RESERVED_USERNAMES: list }))).toEqual(['RESERVED_USERNAMES']);
  });

  test('in a container it listens on every address, unless HOST says otherwise', () => {
    const container = { ...machine, inContainer: true };
    expect(load(complete(), container).http.host).toBe('0.0.0.0');
    expect(load(complete({ HOST: '::1' }), container).http.host).toBe('::1');
  });

  test('the public URL follows the port, and the issuer follows the public URL', () => {
    expect(load(complete({ PORT: '5000' })).tokens.issuer).toBe('http://localhost:5000');
    expect(load(complete({ PUBLIC_URL: 'https://a.example.com/auth' })).tokens.issuer).toBe(
      'https://a.example.com',
    );
  });

  test('there are never more than 64 hash workers by default', () => {
    expect(load(complete(), { ...machine, cores: 128 }).passwords.hashWorkers).toBe(64);
  });

  test('the idle timeout gives way to a shorter lifetime', () => {
    expect(load(complete({ SESSION_LIFETIME_HOURS: '2' })).sessions).toMatchObject({
      idleTimeoutSeconds: 7200,
      lifetimeSeconds: 7200,
    });
  });

  test('the data folder is absolute', () => {
    expect(isAbsolute(load(complete({ DATA_DIR: 'some/where' })).dataDir)).toBe(true);
  });
});

describe('bounds', () => {
  const bounds: readonly [string, number, number, (config: Config) => number][] = [
    ['PORT', 0, 65_535, (config) => config.http.port],
    ['MAX_SOCKETS', 1, 1_000_000, (config) => config.http.maxSockets],
    ['MAX_SOCKETS_PER_ADDRESS', 1, 1_000_000, (config) => config.http.maxSocketsPerAddress],
    ['REFRESH_GRACE_SECONDS', 0, 60, (config) => config.refresh.graceSeconds],
    ['PASSWORD_MIN_LENGTH', 8, 64, (config) => config.passwords.minLength],
    ['BCRYPT_COST', 10, 15, (config) => config.passwords.bcryptCost],
    ['HASH_WORKERS', 1, 64, (config) => config.passwords.hashWorkers],
    ['HASH_QUEUE_SECONDS', 1, 30, (config) => config.passwords.hashQueueSeconds],
    ['SESSION_LIFETIME_HOURS', 1, 720, (config) => config.sessions.lifetimeSeconds / 3600],
    ['SESSION_TIMEOUT_MINUTES', 5, 43_200, (config) => config.sessions.idleTimeoutSeconds / 60],
    ['MAX_SESSIONS_PER_USER', 1, 100, (config) => config.sessions.maxPerUser],
    ['JWT_ACCESS_EXPIRY', 30, 3_600, (config) => config.tokens.accessTtlSeconds],
  ];

  test.each(bounds)('%s takes %i and %i and nothing beyond', (name, min, max, valueIn) => {
    expect(valueIn(load(complete({ [name]: String(min) })))).toBe(min);
    expect(valueIn(load(complete({ [name]: String(max) })))).toBe(max);
    for (const beyond of [min - 1, max + 1])
      expect(blamed(complete({ [name]: String(beyond) }))).toEqual([name]);
  });

  test.each(bounds)('%s takes whole decimal numbers only', (name) => {
    for (const text of ['1e1', '0x20', '40.5', 'NaN', 'Infinity', '30 0', '１０']) {
      expect(blamed(complete({ [name]: text }))).toEqual([name]);
    }
  });

  test('tests may hash at cost 4, and nobody else', () => {
    expect(load(complete({ NODE_ENV: 'test', BCRYPT_COST: '4' })).passwords.bcryptCost).toBe(4);
    expect(blamed(complete({ NODE_ENV: 'test', BCRYPT_COST: '3' }))).toEqual(['BCRYPT_COST']);
    expect(blamed(complete({ NODE_ENV: 'development', BCRYPT_COST: '9' }))).toEqual(['BCRYPT_COST']);
    expect(blamed(production({ BCRYPT_COST: '9' }))).toEqual(['BCRYPT_COST']);
  });

  test.each([
    ['300', 300],
    ['90s', 90],
    ['5m', 300],
  ])('an access token expiry of %s is %i seconds', (text, seconds) => {
    expect(load(complete({ JWT_ACCESS_EXPIRY: text })).tokens.accessTtlSeconds).toBe(seconds);
  });

  test.each(['61m', '1h', '29s', '5 m', '-5m', '5d'])('an access token expiry of %s is refused', (text) => {
    expect(blamed(complete({ JWT_ACCESS_EXPIRY: text }))).toEqual(['JWT_ACCESS_EXPIRY']);
  });

  test('an idle timeout beyond the lifetime is refused', () => {
    expect(
      load(complete({ SESSION_LIFETIME_HOURS: '1', SESSION_TIMEOUT_MINUTES: '60' })).sessions
        .idleTimeoutSeconds,
    ).toBe(3600);
    expect(blamed(complete({ SESSION_LIFETIME_HOURS: '1', SESSION_TIMEOUT_MINUTES: '61' }))).toEqual([
      'SESSION_TIMEOUT_MINUTES',
    ]);
  });
});

describe('plain settings', () => {
  const accepted: readonly [string, string, (config: Config) => unknown, unknown][] = [
    ['HOST', 'auth-1.internal', (config) => config.http.host, 'auth-1.internal'],
    [
      'CORS_ORIGIN',
      'https://a.example.com, http://localhost:3000',
      (config) => config.http.corsOrigins,
      ['https://a.example.com', 'http://localhost:3000'],
    ],
    [
      'TRUSTED_PROXIES',
      'loopback, 10.0.0.0/8,::1,fd00::/8',
      (config) => config.http.trustedProxies,
      ['loopback', '10.0.0.0/8', '::1', 'fd00::/8'],
    ],
    ['MIGRATE_ON_START', 'false', (config) => config.migrateOnStart, false],
    ['LOG_LEVEL', 'silent', (config) => config.logLevel, 'silent'],
  ];

  test.each(accepted)('%s takes %s', (name, text, valueIn, value) => {
    expect(valueIn(load(complete({ [name]: text })))).toEqual(value);
  });

  const refused: readonly [string, readonly string[]][] = [
    ['NODE_ENV', ['prod', 'Production', 'staging']],
    ['HOST', ['not a host', 'http://localhost', '-x']],
    [
      'PUBLIC_URL',
      [
        'localhost:4001',
        'ftp://a.example.com',
        'https://u:p@a.example.com',
        'https://a.example.com/?q=1',
        'https://a.example.com/#f',
      ],
    ],
    [
      'CORS_ORIGIN',
      [
        '*',
        'https://*.example.com,*',
        'https://a.example.com/',
        'https://a.example.com/app',
        'a.example.com',
        'null',
        'https://A.example.com',
        'https://a.example.com,,',
      ],
    ],
    [
      'TRUSTED_PROXIES',
      [
        'true',
        '*',
        '1',
        '10.0.0.0/33',
        '::/129',
        '0.0.0.0/0',
        '::/0',
        '10.0.0.0/8/8',
        '10.0.0.0/',
        '127.1',
        'fe80::1%eth0',
        'proxy.internal',
        'private',
      ],
    ],
    ['JWT_ISSUER', ['two words', 'x'.repeat(256)]],
    ['JWT_AUDIENCE', ['two words']],
    ['ALLOW_DIRECT_ACCESS', ['yes', 'TRUE', '1']],
    ['MIGRATE_ON_START', ['no', '0']],
    ['LOG_LEVEL', ['verbose', 'INFO']],
    [
      'DATABASE_URL',
      [
        'mysql://db/x',
        'db.internal:5432',
        'postgres:/db',
        'postgres://u@db:port/x',
        'postgres://u:p@a,,b/x',
        'postgres://u:p@a,b/x?target_session_attrs=master',
      ],
    ],
    ['REDIS_URL', ['http://cache', 'cache:6379']],
    ['SMTP_URL', ['mail.example.com:587', 'http://mail.example.com']],
    [
      'MAIL_FROM',
      [
        'Example',
        'a@b@c',
        '<a@b.example',
        'A "quoted" <a@b.example>',
        'A\r\nBcc: x@y.z <a@b.example>',
        'a@b.example, c@d.example',
      ],
    ],
    [
      'APP_URL',
      [
        'app.example.com',
        'https://app.example.com/#x',
        'https://u:p@app.example.com',
        'ftp://app.example.com',
      ],
    ],
    [
      'APP_PATHS',
      [
        '{',
        '[]',
        '{"login":"/login"}',
        '{"home":"no-slash"}',
        '{"home":"/?x"}',
        '{"home":"/#x"}',
        '{"home":1}',
      ],
    ],
    ['EMAIL_VERIFICATION', ['yes', 'true']],
    ['PASSWORD_RESET_REVOKES_TOKENS', ['no']],
    [
      'ROLES',
      [
        '{',
        '[]',
        'null',
        '"admin"',
        '{"Editor":[]}',
        '{"__proto__":[]}',
        '{"e":"posts:write"}',
        '{"e":["*"]}',
        '{"e":[""]}',
        '{"e":["a b"]}',
        '{"e":[1]}',
        `{"${'e'.repeat(33)}":[]}`,
      ],
    ],
  ];

  test.each(refused)('%s refuses what it cannot mean', (name, texts) => {
    for (const text of texts) expect([text, blamed(complete({ [name]: text }))]).toEqual([text, [name]]);
  });

  test('roles add to the built-in ones, may replace their scopes, and leave the built-in ones as they are', () => {
    const roles = '{"editor":["posts:write"],"user":["posts:read"]}';
    expect(load(complete({ ROLES: roles })).roles).toEqual({
      user: ['posts:read'],
      admin: defaultRoles['admin'],
      editor: ['posts:write'],
    });
    expect(defaultRoles['user']).toEqual([]);
    expect(Object.isFrozen(defaultRoles['admin'])).toBe(false);
  });
});

describe('secrets', () => {
  const [first, second] = [secret(), secret()];

  test.each([`${first},${second}`, `${first}\n${second}`, `${first}, ${second}\n`, `${first},\r\n${second}`])(
    'a rotation list keeps its order (%#)',
    (list) => {
      const config = load(complete({ REFRESH_SECRET: list, PASSWORD_PEPPER: secret() }));
      expect(config.refresh.secrets.map((entry) => entry.reveal())).toEqual([first, second]);
      const peppers = load(complete({ PASSWORD_PEPPER: list })).passwords.peppers;
      expect(peppers.map((entry) => entry.reveal())).toEqual([first, second]);
    },
  );

  const strong = 'q7Zr0Lw3Ty9Xn5Bv1Mc8Kd4Hf6Jg2Ps-';
  const weak: readonly [string, string][] = [
    ['one byte short', strong.slice(1)],
    ['a placeholder', 'change-me-change-me-0123456789-abcdef'],
    ['a placeholder in the middle', `${strong}ChangeMe${strong}`],
    ['one character', 'a'.repeat(64)],
    ['few characters', 'abcabcab'.repeat(5).slice(1)],
    ['a repetition', '0123456789abcdef'.repeat(2)],
  ];

  test.each(['REFRESH_SECRET', 'PASSWORD_PEPPER', 'ROUTER_SECRET'])('%s takes 32 random bytes', (name) => {
    expect(Buffer.byteLength(strong)).toBe(32);
    expect(problemsOf(complete({ [name]: strong }))).toEqual([]);
  });

  test.each(weak)('%s is no secret', (_, text) => {
    for (const name of ['REFRESH_SECRET', 'PASSWORD_PEPPER', 'ROUTER_SECRET']) {
      expect(blamed(complete({ [name]: text }))).toEqual([name]);
    }
  });

  test.each(['REFRESH_SECRET', 'PASSWORD_PEPPER'])(
    'every entry of %s must be strong, and none twice',
    (name) => {
      for (const list of [
        `${first},short`,
        `${first},${first}`,
        `${first},`,
        `,${first}`,
        `${first},,${'b'.repeat(40)}`,
      ]) {
        expect(blamed(complete({ [name]: list }))).toEqual([name]);
      }
    },
  );

  test('the length counts in bytes, not in characters', () => {
    expect(problemsOf(complete({ REFRESH_SECRET: 'äöüßéèêàçñøåæðþý' }))).toEqual([]);
  });

  test('a router secret is something that a header can carry, also of several', () => {
    expect(blamed(complete({ ROUTER_SECRET: `${first},${second}é` }))).toEqual(['ROUTER_SECRET']);
    const { routerSecrets } = load(complete({ ROUTER_SECRET: `${first}, ${second}` })).http;
    expect(routerSecrets?.map((entry) => entry.reveal())).toEqual([first, second]);
    expect(blamed(complete({ ROUTER_SECRET: `${first} ${second}` }))).toEqual(['ROUTER_SECRET']);
    expect(blamed(complete({ ROUTER_SECRET: `${first}é` }))).toEqual(['ROUTER_SECRET']);
  });

  test('two purposes never share a secret', () => {
    expect(
      problemsOf(complete({ REFRESH_SECRET: first, PASSWORD_PEPPER: `${second},${first}` })),
    ).toHaveLength(1);
    expect(problemsOf(complete({ REFRESH_SECRET: first, ROUTER_SECRET: first }))).toHaveLength(1);
  });

  test.each([
    'DATABASE_URL',
    'REDIS_URL',
    'SMTP_URL',
    'JWT_PRIVATE_KEY',
    'JWT_SECRET',
    'REFRESH_SECRET',
    'PASSWORD_PEPPER',
    'ROUTER_SECRET',
  ])('an empty %s is refused, not taken for absent', (name) => {
    expect(blamed(complete({ [name]: '' }))).toEqual([name]);
  });
});

describe('mail', () => {
  const smtp = {
    SMTP_URL: 'smtp://mail.example.com',
    MAIL_FROM: 'a@b.example',
    APP_URL: 'https://app.example',
  };

  test('without a mail server addresses need not be confirmed; with one they must be, unless configured otherwise', () => {
    const isRequired = (variables: Record<string, string>) =>
      load(complete(variables)).emailVerificationRequired;
    expect(isRequired({})).toBe(false);
    expect(isRequired(smtp)).toBe(true);
    expect(isRequired({ ...smtp, EMAIL_VERIFICATION: 'optional' })).toBe(false);
    expect(isRequired({ EMAIL_VERIFICATION: 'required' })).toBe(true);
  });

  test('production with a mail server needs a sender, and a front end with https', () => {
    expect(blamed(production(smtp))).toEqual([]);
    expect(blamed(production({ SMTP_URL: smtp.SMTP_URL }))).toEqual(['MAIL_FROM', 'APP_URL']);
    expect(blamed(production({ ...smtp, APP_URL: 'http://app.example' }))).toEqual(['APP_URL']);
    expect(blamed(production({ ...smtp, APP_URL: 'http://localhost:3000' }))).toEqual([]);
  });

  test('the sender’s name is that of the product, or else the domain', () => {
    const from = (MAIL_FROM: string) => load(complete({ MAIL_FROM })).mail.from;
    expect(from('Example Inc. <no-reply@example.org>')).toEqual({
      name: 'Example Inc.',
      address: 'no-reply@example.org',
    });
    expect(from('no-reply@example.org')).toEqual({ name: 'example.org', address: 'no-reply@example.org' });
  });

  test('a path of the front end can be changed alone', () => {
    const { paths } = load(complete({ APP_PATHS: '{"resetPassword":"/account/reset"}' })).app;
    expect(paths).toMatchObject({ home: '/', verifyEmail: '/verify-email', resetPassword: '/account/reset' });
  });
});

describe('the signing key', () => {
  const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });

  test('EC P-256 and RSA of 2048 bits are accepted, line ends written as \\n included', () => {
    const rsaPem = rsa(2048).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    for (const pem of [ecKey, rsaPem, ecKey.replaceAll('\n', '\\n')]) {
      const { signingKeys } = load(complete({ JWT_PRIVATE_KEY: pem })).tokens;
      expect(signingKeys.map(({ kid }) => kid)).toEqual([kidOf(pem.replaceAll('\\n', '\n'))]);
    }
  });

  test('several are accepted, one after another, in a variable or a file', () => {
    const pems = [generateSigningKeyPem(), ecKey, generateSigningKeyPem()];
    for (const text of [pems.join(''), pems.join('of last year:\n'), pems.join('').replaceAll('\n', '\\n')]) {
      for (const variable of [{ JWT_PRIVATE_KEY: text }, { JWT_PRIVATE_KEY_FILE: file('keys.pem', text) }]) {
        const { JWT_PRIVATE_KEY: _, ...others } = complete();
        const { signingKeys } = load({ ...others, ...variable }).tokens;
        expect(signingKeys.map(({ kid }) => kid)).toEqual(pems.map(kidOf));
      }
    }
  });

  test('all are refused with one that is refused, twice the same, or broken', () => {
    const another = generateSigningKeyPem();
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const weak = p384.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const pem of [
      ecKey + weak,
      ecKey + another + ecKey,
      ecKey + another.slice(1),
      ecKey + another.slice(0, 80),
      another.replace('-----BEGIN PRIVATE KEY-----\n', '') + ecKey,
    ])
      expect(blamed(complete({ JWT_PRIVATE_KEY: pem }))).toEqual(['JWT_PRIVATE_KEY']);
  });

  test('weak, foreign, public and malformed keys are refused at start', () => {
    const weak = rsa(1024).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const publicPem = rsa(2048).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const p224 = generateKeyPairSync('ec', { namedCurve: 'P-224' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    for (const pem of [weak, publicPem, p224.toString(), 'nonsense', ecKey.slice(0, 80), secret()]) {
      expect(blamed(complete({ JWT_PRIVATE_KEY: pem }))).toEqual(['JWT_PRIVATE_KEY']);
    }
  });
});

describe('a shared secret in place of the signing key', () => {
  const { JWT_PRIVATE_KEY: _, ...others } = complete();

  test('signs with HS256: the first of several, and all verify', () => {
    const [first, second] = [secret(), secret()];
    const config = load({ ...others, JWT_SECRET: `${first},${second}` });
    expect(config.tokens.signingKeys).toMatchObject([
      { alg: 'HS256', publicJwk: null },
      { alg: 'HS256', publicJwk: null },
    ]);
    expect(config.tokens.signingKeys[0].signingKey.export().toString()).toBe(first);
    expect(config.generatedSecrets).toEqual([]);
  });

  test('is enough in production, and may come from a file', () => {
    const { JWT_PRIVATE_KEY: __, ...rest } = production();
    expect(blamed(rest)).toEqual(['JWT_PRIVATE_KEY']);
    expect(load({ ...rest, JWT_SECRET_FILE: file('jwt', `${secret()}\n`) }).tokens.signingKeys[0].alg).toBe(
      'HS256',
    );
  });

  test('is refused beside a signing key', () => {
    const both = 'JWT_SECRET and JWT_PRIVATE_KEY must not both be given';
    expect(problemsOf(complete({ JWT_SECRET: secret() }))).toEqual([both]);
    expect(problemsOf({ ...others, JWT_SECRET: secret(), JWT_PRIVATE_KEY_FILE: file('key', ecKey) })).toEqual(
      [both],
    );
  });

  test('is refused if it is weak, or one of the other secrets', () => {
    for (const weak of [
      'secret',
      'x'.repeat(64),
      'change-me-change-me-change-me-1234',
      secret().slice(0, 31),
    ])
      expect(blamed({ ...others, JWT_SECRET: weak })).toEqual(['JWT_SECRET']);
    for (const name of ['REFRESH_SECRET', 'PASSWORD_PEPPER'] as const)
      expect(problemsOf({ ...others, JWT_SECRET: others[name] })).toHaveLength(1);
  });
});

describe('settings of access tokens that cost something', () => {
  test('are warned of, with their name and without a secret', () => {
    expect(load(complete()).warnings).toEqual([]);
    expect(load(complete({ JWT_ACCESS_EXPIRY: '5m', JWT_COMPATIBLE_CLAIMS: '' })).warnings).toEqual([]);
    const { JWT_PRIVATE_KEY: _, ...others } = complete();
    const canary = secret();
    const costly = { JWT_SECRET: canary, JWT_ACCESS_EXPIRY: '60m', JWT_COMPATIBLE_CLAIMS: 'email, is_admin' };
    const { warnings, tokens } = load({ ...others, ...costly });
    expect(tokens).toMatchObject({ accessTtlSeconds: 3_600, compatibleClaims: ['email', 'is_admin'] });
    expect(warnings).toEqual([
      expect.stringContaining('JWT_SECRET'),
      expect.stringMatching(/email, is_admin .*JWT_COMPATIBLE_CLAIMS/),
      expect.stringMatching(/3600 seconds .*JWT_ACCESS_EXPIRY/),
    ]);
    expect(warnings.join()).not.toContain(canary);
  });

  test('claims that are not ours to give are refused', () => {
    for (const claims of ['password', 'sub', 'email,roles', 'email email', 'Email'])
      expect(blamed(complete({ JWT_COMPATIBLE_CLAIMS: claims }))).toEqual(['JWT_COMPATIBLE_CLAIMS']);
  });
});

describe('secrets from files', () => {
  const secrets = settingsInOrder().flatMap(([name, setting]) => (setting.secret ? [name] : []));
  const values: Record<string, string> = {
    DATABASE_URL: 'postgres://u:p@db/latchkey',
    REDIS_URL: 'rediss://:p@cache:6380',
    SMTP_URL: 'smtps://u:p@mail.example.com',
    JWT_PRIVATE_KEY: ecKey,
    REFRESH_SECRET: `${secret()}\n${secret()}`,
    PASSWORD_PEPPER: secret(),
    ROUTER_SECRET: secret(),
  };

  test('every secret, and nothing else, can come from a file', () => {
    // In place of JWT_PRIVATE_KEY.
    expect(new Set(secrets)).toEqual(new Set([...Object.keys(values), 'JWT_SECRET']));
    const variables = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [`${name}_FILE`, file(name, `${value}\n`)]),
    );
    const config = load(variables);
    expect(config.database?.url.reveal()).toBe(values['DATABASE_URL']);
    expect(config.redis?.url.reveal()).toBe(values['REDIS_URL']);
    expect(config.mail.smtpUrl?.reveal()).toBe(values['SMTP_URL']);
    expect(config.tokens.signingKeys.map(({ kid }) => kid)).toEqual([kidOf(ecKey)]);
    expect(config.refresh.secrets.map((entry) => entry.reveal()).join('\n')).toBe(values['REFRESH_SECRET']);
    expect(config.passwords.peppers.map((entry) => entry.reveal())).toEqual([values['PASSWORD_PEPPER']]);
    expect(config.http.routerSecrets?.map((entry) => entry.reveal())).toEqual([values['ROUTER_SECRET']]);
    expect(config.generatedSecrets).toEqual([]);
  });

  test('a line end at the end of a file is not part of the secret', () => {
    const text = secret();
    const { routerSecrets } = load(complete({ ROUTER_SECRET_FILE: file('r', `${text}\r\n`) })).http;
    expect(routerSecrets?.map((entry) => entry.reveal())).toEqual([text]);
  });

  test('both a secret and its file are refused, empty ones included', () => {
    const path = file('r', secret());
    expect(blamed(complete({ ROUTER_SECRET: secret(), ROUTER_SECRET_FILE: path }))).toEqual([
      'ROUTER_SECRET',
    ]);
    expect(blamed(complete({ ROUTER_SECRET: '', ROUTER_SECRET_FILE: path }))).toEqual(['ROUTER_SECRET']);
  });

  test('a missing file, a folder and an empty file are refused without showing the path', () => {
    const paths = [join(folder, 'canary-absent'), folder, file('canary', ''), file('canary', '\n'), ''];
    for (const path of paths) {
      const problems = problemsOf(complete({ REFRESH_SECRET: undefined, REFRESH_SECRET_FILE: path }));
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^REFRESH_SECRET_FILE must /);
      if (path !== '') expect(problems[0]).not.toContain(path);
    }
  });
});

describe('production', () => {
  test('a complete configuration is accepted', () => {
    expect(load(production())).toMatchObject({
      environment: 'production',
      tokens: { issuer: 'https://auth.example.com', audience: 'supergraph' },
      generatedSecrets: [],
    });
  });

  test('everything that must be given is asked for at once', () => {
    expect(blamed({ NODE_ENV: 'production' })).toEqual([
      'DATABASE_URL',
      'PUBLIC_URL',
      'JWT_ISSUER',
      'JWT_AUDIENCE',
      'JWT_PRIVATE_KEY',
      'REFRESH_SECRET',
      'PASSWORD_PEPPER',
      'ROUTER_SECRET',
    ]);
  });

  test('serving without a router secret must be meant', () => {
    expect(blamed(production({ ROUTER_SECRET: undefined }))).toEqual(['ROUTER_SECRET']);
    expect(problemsOf(production({ ROUTER_SECRET: undefined, ALLOW_DIRECT_ACCESS: 'true' }))).toEqual([]);
  });

  test('the public URL is https, unless it is loopback', () => {
    for (const url of [
      'http://localhost:4001',
      'http://127.0.0.1',
      'http://[::1]:4001',
      'http://auth.localhost',
    ]) {
      expect(problemsOf(production({ PUBLIC_URL: url }))).toEqual([]);
    }
    for (const url of [
      'http://auth.example.com',
      'http://localhost.example.com',
      'http://127.0.0.1.example.com',
    ]) {
      expect(blamed(production({ PUBLIC_URL: url }))).toEqual(['PUBLIC_URL']);
    }
    expect(problemsOf(complete({ PUBLIC_URL: 'http://auth.example.com' }))).toEqual([]);
  });

  test('nothing is generated', () => {
    const dataDir = join(folder, 'production');
    problemsOf({ NODE_ENV: 'production', DATA_DIR: dataDir });
    load(production({ DATA_DIR: dataDir }));
    expect(() => statSync(dataDir)).toThrow('ENOENT');
  });
});

describe('refusal', () => {
  test('every problem is listed at once, in the message too', () => {
    const wrong = {
      PORT: 'x',
      HOST: 'a b',
      CORS_ORIGIN: '*',
      REFRESH_SECRET: 'short',
      ROLES: '{',
      LOG_LEVEL: 'loud',
    };
    expect(new Set(blamed(complete(wrong)))).toEqual(new Set(Object.keys(wrong)));
    expect(() => load(complete(wrong))).toThrow(/PORT[\s\S]*ROLES/);
  });

  test('a mistake is reported once, not again by what is derived from it', () => {
    expect(blamed(complete({ PORT: 'x' }))).toEqual(['PORT']);
    expect(blamed(complete({ PUBLIC_URL: 'x' }))).toEqual(['PUBLIC_URL']);
    expect(blamed(complete({ SESSION_LIFETIME_HOURS: 'x' }))).toEqual(['SESSION_LIFETIME_HOURS']);
  });

  test('no value appears in a refusal, whatever setting it was given to', () => {
    const canary = 'canary-4f1d';
    const wrong = settingsInOrder().map(([name]): [string, string] => [name, `*${canary} ${canary}`]);
    const files = wrong.map(([name]): [string, string] => [`${name}_FILE`, `/${canary}/x`]);
    const listed = Object.fromEntries(wrong.filter(([name]) => name !== 'DATA_DIR'));
    for (const variables of [listed, { ...listed, NODE_ENV: 'production' }, Object.fromEntries(files)]) {
      let refusal: unknown;
      try {
        load(variables);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(ConfigError);
      expect(inspect(refusal, { depth: 10, showHidden: true })).not.toContain(canary);
      expect(JSON.stringify(refusal)).not.toContain(canary);
    }
  });

  test('an accepted configuration prints without its secrets', () => {
    const variables = production({ REDIS_URL: 'redis://:canary-4f1d@cache' });
    const printed = `${inspect(load(variables), { depth: 10 })}${JSON.stringify(load(variables))}`;
    for (const name of [
      'DATABASE_URL',
      'REDIS_URL',
      'JWT_PRIVATE_KEY',
      'REFRESH_SECRET',
      'PASSWORD_PEPPER',
      'ROUTER_SECRET',
    ]) {
      expect(printed).not.toContain(variables[name]);
    }
  });
});

describe('generated secrets', () => {
  const names = ['JWT_PRIVATE_KEY', 'REFRESH_SECRET', 'PASSWORD_PEPPER'];
  const secretsOf = ({ tokens, refresh, passwords }: Config) => [
    tokens.signingKeys[0].kid,
    ...[...refresh.secrets, ...passwords.peppers].map((it) => it.reveal()),
  ];

  test('they are made once, for the owner alone, and stay the same from start to start', () => {
    const dataDir = join(folder, 'generated', 'deep');
    const config = load({ DATA_DIR: dataDir });
    expect(config.generatedSecrets).toEqual(names);
    expect(secretsOf(load({ DATA_DIR: dataDir }))).toEqual(secretsOf(config));
    expect(load({ DATA_DIR: dataDir }).generatedSecrets).toEqual(names);
    expect(readdirSync(join(dataDir, 'secrets')).sort()).toEqual([...names].sort());
    expect(statSync(join(dataDir, 'secrets')).mode & 0o777).toBe(0o700);
    for (const name of names) expect(statSync(join(dataDir, 'secrets', name)).mode & 0o777).toBe(0o600);
  });

  test('two data folders have different ones', () => {
    const [one, other] = ['one', 'other'].map((name) => secretsOf(load({ DATA_DIR: join(folder, name) })));
    expect(new Set([...(one ?? []), ...(other ?? [])]).size).toBe(6);
  });

  test('only what is not given is generated', () => {
    const dataDir = join(folder, 'partial');
    const config = load(complete({ REFRESH_SECRET: undefined, DATA_DIR: dataDir }));
    expect(config.generatedSecrets).toEqual(['REFRESH_SECRET']);
    expect(readdirSync(join(dataDir, 'secrets'))).toEqual(['REFRESH_SECRET']);
  });

  test('nothing is written while anything is wrong', () => {
    const dataDir = join(folder, 'wrong');
    expect(blamed({ DATA_DIR: dataDir, PORT: 'x' })).toEqual(['PORT']);
    expect(() => statSync(dataDir)).toThrow('ENOENT');
  });

  test('a kept secret is judged like a given one', () => {
    const dataDir = join(folder, 'damaged');
    mkdirSync(join(dataDir, 'secrets'), { recursive: true });
    writeFileSync(join(dataDir, 'secrets', 'REFRESH_SECRET'), 'short');
    writeFileSync(join(dataDir, 'secrets', 'JWT_PRIVATE_KEY'), '');
    expect(blamed({ DATA_DIR: dataDir })).toEqual(['JWT_PRIVATE_KEY', 'REFRESH_SECRET']);
  });

  test('a data folder that cannot be written is a problem of every secret that it should keep', () => {
    const path = join(folder, 'a-file');
    writeFileSync(path, '');
    expect(blamed({ DATA_DIR: path })).toEqual(names);
  });

  test('processes that start at once agree on one secret', async () => {
    const [starters, rounds] = [4, 40];
    const workerData = {
      store: resolve('src/config/secret-store.ts'),
      folder: join(folder, 'race', 'secrets'),
      rounds,
      starters,
      arrived: new Int32Array(new SharedArrayBuffer(4 * rounds)),
    };
    const answers = await Promise.all(
      Array.from({ length: starters }, async () => {
        const worker = new Worker(raceToKeep, { eval: true, workerData, execArgv: ['--require', 'tsx/cjs'] });
        const [kept] = (await once(worker, 'message')) as [string[]];
        await worker.terminate();
        return kept;
      }),
    );
    for (let round = 0; round < rounds; round += 1) {
      const seen = new Set(answers.map((kept) => kept[round]));
      expect([...seen]).toEqual([readFileSync(join(workerData.folder, `SECRET_${round}`), 'utf8')]);
      expect([...seen][0]).toHaveLength(4096);
    }
    expect(readdirSync(workerData.folder)).toHaveLength(rounds);
  });
});

/** Each round, all wait for the last to arrive, then keep a secret of their own under one name. */
const raceToKeep = `
  const { parentPort, threadId, workerData } = require('node:worker_threads');
  const { store, folder, rounds, starters, arrived } = workerData;
  const { fileSecretStore } = require(store);
  const kept = [];
  for (let round = 0; round < rounds; round += 1) {
    Atomics.add(arrived, round, 1);
    while (Atomics.load(arrived, round) < starters);
    kept.push(fileSecretStore(folder).keep('SECRET_' + round, String(threadId % 10).repeat(4096)));
  }
  parentPort.postMessage(kept);
`;

describe('the configuration', () => {
  test('is frozen all the way down', () => {
    const config = load(production({ ROLES: '{"editor":["posts:write"]}', REDIS_URL: 'redis://cache' }));
    const unfrozen: string[] = [];
    const visit = (value: unknown, path: string) => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value) && !(value instanceof KeyObject)) unfrozen.push(path);
      for (const [key, part] of Object.entries(value)) visit(part, `${path}.${key}`);
    };
    visit(config, 'config');
    expect(unfrozen).toEqual([]);
  });
});

describe('the documentation', () => {
  const [startMarker, endMarker] = markersOf('configuration');
  function documents(readme: string): string {
    const root = mkdtempSync(join(folder, 'docs-'));
    writeFileSync(join(root, 'README.md'), readme);
    return root;
  }

  test('names every setting, keeps the rest of the page, and is found up to date once written', () => {
    const root = documents(`before\n${startMarker}\nstale row\n${endMarker}\nafter\n`);
    expect(updateDocuments(root, configurationDocuments, true)).toHaveLength(2);
    expect(updateDocuments(root, configurationDocuments, false)).toEqual([]);
    expect(updateDocuments(root, configurationDocuments, true)).toEqual([]);

    const [readme, example] = ['README.md', '.env.example'].map((file) =>
      readFileSync(join(root, file), 'utf8'),
    );
    expect(readme).toMatch(/^before\n[\s\S]*\nafter\n$/);
    expect(readme).not.toContain('stale row');
    for (const [name, setting] of settingsInOrder()) {
      expect(readme).toContain(`\`${name}\``);
      expect(readme?.includes(`\`${name}_FILE\``)).toBe(setting.secret === true);
      expect(example).toMatch(new RegExp(`^#${name}=`, 'm'));
    }
  });

  test('a check reports drift and changes nothing', () => {
    const root = documents(`${startMarker}\n${endMarker}\n`);
    updateDocuments(root, configurationDocuments, false);
    const drifted = readFileSync(join(root, 'README.md'), 'utf8').replace('4001', '4002');
    writeFileSync(join(root, 'README.md'), drifted);
    expect(updateDocuments(root, configurationDocuments, true)).toEqual([
      expect.stringMatching(/^README\.md: differs/),
    ]);
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toBe(drifted);
  });

  test('a page without markers is reported, not overwritten', () => {
    for (const readme of ['', 'no markers', `${endMarker}\n${startMarker}\n`]) {
      const root = documents(readme);
      expect(updateDocuments(root, configurationDocuments, false)).toEqual([
        expect.stringMatching(/^README\.md: .*missing/),
      ]);
      expect(readFileSync(join(root, 'README.md'), 'utf8')).toBe(readme);
    }
  });

  test('the example, uncommented where it has a value, is a configuration that loads to the defaults', () => {
    const root = documents('');
    updateDocuments(root, configurationDocuments, false);
    const lines = readFileSync(join(root, '.env.example'), 'utf8').matchAll(/^#([A-Z_]+)=(.+)$/gm);
    const given = Object.fromEntries(
      [...lines].map(([, name, value]): [string, string] => [name ?? '', value ?? '']),
    );
    const secrets = complete();
    expect(Object.keys(given).length).toBeGreaterThan(10);
    expect(inspect(load({ ...secrets, ...given }), { depth: 9 })).toBe(inspect(load(secrets), { depth: 9 }));
  });
});

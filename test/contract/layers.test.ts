import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

// Who may import whom, as biome.jsonc enforces it: a copy of the configuration is let loose on a tree of planted files,
// so that a rule which has stopped working is noticed.

interface Layer {
  readonly name: string;
  readonly file: string;
  readonly may: readonly string[];
  readonly mayNot: readonly string[];
}

const layers: readonly Layer[] = [
  {
    name: 'core imports core, and no package',
    file: 'src/core/planted.ts',
    may: ['node:crypto', './ids.ts'],
    mayNot: ['../modules/users/index.ts', '../platform/logger.ts', '../config/config.ts', 'zod', 'graphql'],
  },
  {
    name: 'the domain imports core, its own module and the front doors of others',
    file: 'src/modules/sessions/planted.service.ts',
    may: ['node:url', 'zod', './session.store.ts', '../../core/ids.ts', '../users/index.ts'],
    mayNot: [
      '../users/user.store.ts',
      '../../platform/logger.ts',
      '../../graphql/request/context.ts',
      '../../http/probes.ts',
      '../../app/app.ts',
      '../../config/config.ts',
      './session.store.typeorm.ts',
      './session.resolvers.ts',
      './session.view.ts',
      '../users/user.view.ts',
      '../generated.ts',
      'graphql',
      'typeorm',
      'typeorm/index.js',
      'ioredis',
      'fastify',
      'dataloader',
      '@apollo/server',
      '@apollo/server/plugin/disabled',
      'pg',
      'jsonwebtoken',
      'bcryptjs',
    ],
  },
  {
    name: 'a front door shows no adapter',
    file: 'src/modules/sessions/index.ts',
    may: ['./session.service.ts'],
    mayNot: ['./session.store.typeorm.ts', './session.resolvers.ts'],
  },
  {
    name: 'sign-in knows no way to sign in',
    file: 'src/modules/sign-in/planted.service.ts',
    may: ['./sign-in-method.ts', '../sessions/index.ts', '../users/index.ts', '../../core/ids.ts'],
    mayNot: [
      '../passwords/index.ts',
      "import type { PasswordService } from '../passwords/index.ts';",
      '../passkeys/index.ts',
      './sign-in.resolvers.ts',
      '../users/user.store.ts',
      '../../platform/logger.ts',
    ],
  },
  {
    name: 'sign-in knows no way to sign in by its resolvers either',
    file: 'src/modules/sign-in/planted.resolvers.ts',
    may: ['./sign-in.service.ts'],
    mayNot: ['../passwords/index.ts', '../passwords/planted.view.ts'],
  },
  {
    name: 'a way to sign in imports the port',
    file: 'src/modules/passwords/planted.service.ts',
    may: ['../sign-in/index.ts'],
    mayNot: ['../sign-in/sign-in.service.ts'],
  },
  {
    name: 'one file of the domain imports jsonwebtoken',
    file: 'src/modules/access-tokens/jws.ts',
    may: ['node:crypto', 'jsonwebtoken', './planted.ts', '../../core/signing-key.ts'],
    mayNot: ['bcryptjs', 'typeorm', '../../platform/logger.ts'],
  },
  {
    name: 'resolvers never touch storage',
    file: 'src/modules/sessions/planted.resolvers.ts',
    may: [
      'node:url',
      'graphql',
      'dataloader',
      './session.service.ts',
      './session.view.ts',
      '../generated.ts',
      '../users/index.ts',
      '../users/user.view.ts',
      '../../core/ids.ts',
      '../../graphql/request/context.ts',
    ],
    mayNot: [
      './session.store.ts',
      './session.store.typeorm.ts',
      './planted.typeorm.ts',
      '../users/user.service.ts',
      '../users/user.resolvers.ts',
      '../../platform/database/database.ts',
      '../../http/probes.ts',
      'typeorm',
      'pg',
    ],
  },
  {
    name: 'storage imports the database, the event log, core, its own module and the front doors of others',
    file: 'src/modules/sessions/planted.store.typeorm.ts',
    may: [
      'node:url',
      'typeorm',
      './session.store.ts',
      '../users/index.ts',
      '../../core/ids.ts',
      '../../platform/database/rows.ts',
      '../../platform/events/event-log.ts',
    ],
    mayNot: [
      './session.resolvers.ts',
      '../users/user.store.typeorm.ts',
      '../../platform/events/event-relay.ts',
      '../../platform/logger.ts',
      '../../graphql/request/context.ts',
      '../../http/probes.ts',
      '../../app/app.ts',
      'graphql',
    ],
  },
  {
    name: 'platform knows no feature',
    file: 'src/platform/planted.ts',
    may: ['pg', 'typeorm', 'ioredis', '../core/ids.ts', './database/database.ts'],
    mayNot: [
      '../modules/users/index.ts',
      '../graphql/results/errors.ts',
      '../http/probes.ts',
      '../app/app.ts',
      '../config/config.ts',
      '../config/setting.ts',
      'graphql',
      '@apollo/server',
      'bcryptjs',
    ],
  },
  {
    name: 'platform knows no feature in its folders either',
    file: 'src/platform/database/planted.ts',
    may: ['pg', '../../core/ids.ts', '../../../migrations/index.ts', './rows.ts'],
    mayNot: ['../../modules/users/index.ts', '../../graphql/results/errors.ts', '../../config/config.ts'],
  },
  {
    name: 'hashing alone imports bcrypt and Argon2',
    file: 'src/platform/hashing/planted.ts',
    may: [
      'node:url',
      'bcryptjs',
      '@node-rs/argon2',
      '@node-rs/bcrypt',
      'piscina',
      './hash-job.ts',
      './bcrypt-engine.js',
      '../../core/ports.ts',
    ],
    mayNot: ['../../modules/users/index.ts', '../database/database.ts', 'jsonwebtoken'],
  },
  {
    name: 'mail alone imports nodemailer',
    file: 'src/platform/mail/planted.ts',
    may: ['node:fs/promises', 'nodemailer', './file-transport.ts', '../../core/mail.ts'],
    mayNot: ['../../modules/mail/index.ts', '../database/database.ts', 'ioredis'],
  },
  {
    name: 'one file of the domain imports the template engine',
    file: 'src/modules/mail/mail-templates.ts',
    may: ['node:fs', 'liquidjs', 'negotiator', './mail-kinds.ts', '../../core/json.ts'],
    mayNot: ['nodemailer', 'typeorm', '../../platform/mail/file-transport.ts'],
  },
  {
    name: 'one file of the domain imports the MIME parser',
    file: 'src/modules/mail/mime-parts.ts',
    may: ['node:buffer', '@zone-eu/mailsplit', './header-groups.ts', '../../core/ids.ts'],
    mayNot: ['nodemailer', 'postal-mime', 'typeorm', '../../platform/mail/file-transport.ts'],
  },
  {
    name: 'graphql knows no feature',
    file: 'src/graphql/request/planted.ts',
    may: [
      'node:url',
      'graphql',
      'dataloader',
      '@apollo/server',
      './context.ts',
      '../results/errors.ts',
      '../../core/ids.ts',
    ],
    mayNot: [
      '../../modules/users/index.ts',
      '../../modules/users/user.view.ts',
      '../../modules/generated.ts',
      '../../modules/users/user.resolvers.ts',
      '../../modules/users/user.store.ts',
      '../../platform/logger.ts',
      '../../http/probes.ts',
      '../../app/app.ts',
      '../../config/config.ts',
      'typeorm',
      'fastify',
    ],
  },
  {
    name: 'http imports graphql, core, the configuration and front doors',
    file: 'src/http/planted.ts',
    may: [
      'node:http',
      'fastify',
      './probes.ts',
      './pages/pages.ts',
      '../graphql/request/context.ts',
      '../core/ids.ts',
      '../config/config.ts',
      '../modules/sessions/index.ts',
    ],
    mayNot: [
      './pages/serve-page.ts',
      '../console/main.tsx',
      '../platform/logger.ts',
      '../app/app.ts',
      '../modules/users/user.service.ts',
      'typeorm',
      'typeorm/index.js',
      'pg',
    ],
  },
  {
    name: 'OAuth endpoints are no GraphQL',
    file: 'src/http/oauth/planted.ts',
    may: [
      'fastify',
      './form.ts',
      '../authorization-header.ts',
      '../../config/config.ts',
      '../../core/errors.ts',
      '../../modules/service-clients/index.ts',
    ],
    mayNot: [
      'graphql',
      'jsonwebtoken',
      '../contexts.ts',
      '../../graphql/results/errors.ts',
      '../../modules/service-clients/service-tokens.ts',
      '../../platform/logger.ts',
      '../../app/app.ts',
    ],
  },
  {
    name: 'pages are files',
    file: 'src/http/pages/planted.ts',
    may: [
      'node:fs/promises',
      'fastify',
      'esbuild',
      './pages.ts',
      '../../core/ids.ts',
      '../../config/config.ts',
    ],
    mayNot: [
      '../probes.ts',
      '../../graphql/request/context.ts',
      '../../modules/sessions/index.ts',
      '../../console/main.tsx',
      '../../playground/main.ts',
      'preact',
    ],
  },
  {
    name: 'what runs in browsers imports preact, the client of streams and its own files',
    file: 'src/console/planted.tsx',
    may: ['preact', 'preact/hooks', 'graphql-sse', './route.ts', './pages/users.tsx', './generated.ts'],
    mayNot: [
      '../core/ids.ts',
      '../modules/generated.ts',
      '../http/pages/pages.ts',
      'node:fs',
      'fastify',
      'graphql',
      'react',
    ],
  },
  {
    name: 'the playground imports its own files',
    file: 'src/playground/planted.ts',
    may: ['./access-token.ts', './operations/index.ts', './operations/find-users.graphql'],
    mayNot: ['../console/main.tsx', '../core/ids.ts', '../http/pages/pages.ts', 'graphql', 'altair-static'],
  },
  {
    name: 'the configuration imports core',
    file: 'src/config/planted.ts',
    may: ['node:fs', './setting.ts', '../core/scopes.ts'],
    mayNot: [
      '../main.ts',
      '../platform/logger.ts',
      '../app/app.ts',
      '../graphql/request/context.ts',
      '../modules/users/index.ts',
    ],
  },
  {
    name: 'app alone imports adapters',
    file: 'src/app/planted.ts',
    may: [
      '../modules/users/user.store.typeorm.ts',
      '../modules/users/user.resolvers.ts',
      '../platform/logger.ts',
    ],
    mayNot: [
      '../main.ts',
      '../cli.ts',
      '../commands/migrate.ts',
      '../console/main.tsx',
      'jsonwebtoken',
      'bcryptjs',
      'nodemailer',
    ],
  },
  {
    name: 'a command calls a use case of app and constructs no adapter',
    file: 'src/commands/planted.ts',
    may: [
      '@commander-js/extra-typings',
      'cli-progress',
      './command.ts',
      '../app/app.ts',
      '../app/account-summary.ts',
      '../app/configuration-check.ts',
      '../app/migrations.ts',
      '../app/personal-data.ts',
      '../app/features/users.ts',
      '../config/config.ts',
      '../core/operator-error.ts',
      '../platform/read-password.ts',
    ],
    mayNot: [
      '../app/services.ts',
      '../platform/logger.ts',
      '../platform/database/database.ts',
      '../modules/users/index.ts',
      '../cli.ts',
      'typeorm',
    ],
  },
  {
    name: 'a process starts app and constructs no adapter',
    file: 'src/main.ts',
    may: [
      'node:fs',
      './app/app.ts',
      './commands/index.ts',
      './config/config.ts',
      './core/operator-error.ts',
      './platform/logger.ts',
    ],
    mayNot: [
      './platform/secret-fingerprints.ts',
      './platform/database/database.ts',
      './modules/users/index.ts',
      './graphql/server.ts',
      'typeorm',
    ],
  },
  {
    name: 'a folder without a layer imports nothing',
    file: 'src/planted/planted.ts',
    may: [],
    mayNot: ['../core/ids.ts', 'zod', './other.ts'],
  },
];

const otherForms = [
  "export * from '../app/app.ts';",
  "export { createApp } from '../app/app.ts';",
  "import type { App } from '../app/app.ts';",
  "await import('../app/app.ts');",
];

const others = [
  {
    name: 'the environment is read by the configuration alone',
    rule: 'style/noProcessEnv',
    file: 'src/core/env.ts',
    lines: [
      "import { env } from 'node:process';",
      "export const x = env['X'];",
      "export const y = process.env['Y'];",
    ],
    at: [2, 3],
  },
  {
    name: 'the configuration reads the environment',
    rule: 'style/noProcessEnv',
    file: 'src/config/env.ts',
    lines: ["export const x = process.env['X'];"],
    at: [],
  },
  {
    name: 'a server logs and does not print',
    rule: 'suspicious/noConsole',
    file: 'src/http/console.ts',
    lines: ["console.log('');"],
    at: [1],
  },
  {
    name: 'a command prints',
    rule: 'suspicious/noConsole',
    file: 'src/cli.ts',
    lines: ["console.log('');"],
    at: [],
  },
  {
    name: 'nothing imports itself in a circle',
    rule: 'suspicious/noImportCycles',
    file: 'src/core/round.ts',
    lines: ["import { trip } from './trip.ts';", 'export const round = () => trip;'],
    at: [1],
  },
  {
    name: 'types may know each other',
    rule: 'suspicious/noImportCycles',
    file: 'src/core/hen.ts',
    lines: ["import type { Egg } from './egg.ts';", 'export type Hen = { readonly egg: Egg };'],
    at: [],
  },
  {
    name: 'every promise is awaited',
    rule: 'nursery/noFloatingPromises',
    file: 'src/core/floating.ts',
    lines: ['const later = async () => true;', 'later();', 'void later();'],
    at: [2],
  },
  {
    name: 'no promise is taken for its value',
    rule: 'nursery/noMisusedPromises',
    file: 'src/core/misused.ts',
    lines: [
      'const later = async () => true;',
      'if (later()) throw new Error();',
      'if (await later()) throw new Error();',
    ],
    at: [2],
  },
];

const counterparts = {
  'src/core/trip.ts': ["import { round } from './round.ts';", 'export const trip = () => round;'],
  'src/core/egg.ts': ["import type { Hen } from './hen.ts';", 'export type Egg = { readonly hen: Hen };'],
};

interface Finding {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
}

let tree: string;
let findings: readonly Finding[];

beforeAll(async () => {
  tree = mkdtempSync(join(tmpdir(), 'latchkey-layers-'));
  cpSync('biome.jsonc', join(tree, 'biome.jsonc'));
  for (const { file, may, mayNot } of layers) plant(file, [...may, ...mayNot].map(asStatement));
  plant('src/core/forms.ts', otherForms);
  for (const { file, lines } of others) plant(file, lines);
  for (const [file, lines] of Object.entries(counterparts)) plant(file, lines);
  findings = await lint(tree);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('who may import whom', () => {
  test.each(layers)('$name', ({ file, may, mayNot }) => {
    const imports = [...may, ...mayNot];
    expect(linesAgainst('style/noRestrictedImports', file).map((line) => imports[line - 1])).toEqual(mayNot);
  });

  test('no form of import gets around a layer', () => {
    expect(linesAgainst('style/noRestrictedImports', 'src/core/forms.ts')).toEqual([1, 2, 3, 4]);
  });
});

describe('what else holds', () => {
  test.each(others)('$name', ({ rule, file, at }) => {
    expect(linesAgainst(rule, file)).toEqual(at);
  });
});

function plant(file: string, lines: readonly string[]): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), `${lines.join('\n')}\n`);
}

function asStatement(imported: string): string {
  return imported.startsWith('import ') ? imported : `import '${imported}';`;
}

function linesAgainst(rule: string, file: string): number[] {
  const lines = findings
    .filter((finding) => finding.rule === rule && finding.file === file)
    .map(({ line }) => line);
  return [...new Set(lines)].sort((a, b) => a - b);
}

async function lint(folder: string): Promise<Finding[]> {
  const biome = resolve('node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none'];
  // It fails, of course: what matters is which findings it reports.
  const report = await new Promise<string>((settle) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 24 }, (_error, stdout) => settle(stdout));
  });
  const { diagnostics } = JSON.parse(report) as { diagnostics: Diagnostic[] };
  return diagnostics.map(({ category, location }) => ({
    rule: category.replace('lint/', ''),
    file: location.path,
    line: location.start.line,
  }));
}

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string; readonly start: { readonly line: number } };
}

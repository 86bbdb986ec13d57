import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { PageName } from '../src/http/pages/folder-files.ts';
import { makePage } from '../src/http/pages/make-page.ts';
import { trimSourceMaps } from './trim-source-maps.ts';

const REPOSITORY = join(import.meta.dirname, '..');

/**
 * Bundles the server, the command line and the hashing thread into `folder`, with the packages that they use: reading a
 * thousand files doubles the time of a start. The folder must lie in the repository, where Node.js finds the packages that
 * stay outside.
 */
export async function bundle(folder: string): Promise<void> {
  await build({
    absWorkingDir: REPOSITORY,
    entryPoints: {
      main: 'src/main.ts',
      cli: 'src/cli.ts',
      'hash-worker': 'src/platform/hashing/hash-worker.js',
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    // Without comments: a single character outside Latin-1 in one doubles the memory of the whole text.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'linked',
    logLevel: 'warning',
    // Piscina starts threads from files of its own; the others have a binary, and may be missing. What runs from here has its
    // pages, and does not bundle them.
    external: ['piscina', '@node-rs/argon2', '@node-rs/bcrypt', 'altair-static', 'esbuild'],
    plugins: [optionalPackages, unusedDrivers],
    // CommonJS packages call `require`.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  trimSourceMaps(resolvePath(REPOSITORY, folder));
  const templates = join(REPOSITORY, 'src/modules/mail/templates');
  cpSync(templates, resolvePath(REPOSITORY, folder, 'mail-templates'), { recursive: true });
  for (const page of PAGES) await writePage(page, resolvePath(REPOSITORY, folder, page));
}

const PAGES: readonly PageName[] = ['console', 'playground'];

async function writePage(page: PageName, folder: string): Promise<void> {
  for (const [path, read] of await makePage(page)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), await read());
  }
}

const RESOLVING = Symbol('resolving');

/** Packages that another package uses only if they are installed stay outside. */
const optionalPackages: Plugin = {
  name: 'optional packages',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== 'require-call' || pluginData === RESOLVING) return null;
      const { errors } = await resolve(path, { kind, importer, resolveDir, pluginData: RESOLVING });
      return errors.length > 0 ? { path, external: true } : null;
    });
  },
};

/** TypeORM loads its drivers of all databases, half of its code: only Postgres' is not empty. */
const unusedDrivers: Plugin = {
  name: 'unused drivers',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]typeorm[\\/]driver[\\/][^\\/]+[\\/]/ }, ({ path }) =>
      /[\\/]driver[\\/](postgres|types)[\\/]/.test(path) ? null : { contents: '' },
    );
  },
};

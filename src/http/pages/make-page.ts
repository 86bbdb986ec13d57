import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesOfFolder, type PageFiles, type PageName } from './folder-files.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/** What is no source: served as it is. */
const ASSET = /\.(html|css|svg|png|ico)$/;

/**
 * Makes a page from its folder in `src`: `main.js` from its `main.ts` or `main.tsx`, and its assets as they are. The build and a
 * server that runs from its sources make the same.
 */
export async function makePage(name: PageName): Promise<PageFiles> {
  const folder = join(REPOSITORY, 'src', name);
  const [assets, script] = await Promise.all([filesOfFolder(folder), bundleScript(entryOf(folder))]);
  const files = [
    ...[...assets].filter(([path]) => ASSET.test(path)),
    ['main.js', async () => script] as const,
  ];
  return name === 'playground' ? withAltair(new Map(files)) : new Map(files);
}

/** Altair as its package has it, with our files in the folder `latchkey`. */
async function withAltair(ours: PageFiles): Promise<PageFiles> {
  const { getDistDirectory, renderAltair } = await import('altair-static');
  const html = renderAltair({ baseURL: './', serveInitialOptionsInSeperateRequest: 'latchkey/main.js' })
    // The page's policy allows no base, and relative addresses lead to the same.
    .replace(/<base [^>]*>/, '')
    .replace('<title>Altair</title>', '<title>Latchkey playground</title>')
    .replace('</head>', '<link href="latchkey/playground.css" rel="stylesheet"></head>');
  const dist = getDistDirectory();
  return new Map([
    ...(await filesOfFolder(dist)),
    // Its licence asks to go with each copy.
    ['LICENSE.txt', () => readFile(join(dist, '../../LICENSE'))],
    ...[...ours].map(([path, read]) => [`latchkey/${path}`, read] as const),
    ['index.html', async () => Buffer.from(html)],
  ]);
}

function entryOf(folder: string): string {
  const plain = join(folder, 'main.ts');
  return existsSync(plain) ? plain : join(folder, 'main.tsx');
}

async function bundleScript(entry: string): Promise<Uint8Array> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: REPOSITORY,
    entryPoints: [entry],
    outdir: '.',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.graphql': 'text' },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'inline',
    logLevel: 'silent',
  });
  const [script, ...others] = outputFiles;
  // A style sheet that a script imports would be another output: the page links its own.
  if (script === undefined || others.length > 0) throw new Error(`${entry} must make exactly one file`);
  return script.contents;
}

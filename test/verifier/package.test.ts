import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';

// Compiles and packs, on a busy machine.
jest.setTimeout(180_000);

const MAX_BYTES = 40 * 1024;

let folder: string;
let archive: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-verifier-'));
  run('npm', ['pack', resolve('packages/verifier'), '--pack-destination', folder, '--silent'], process.cwd());
  archive = join(folder, readdirSync(folder)[0] ?? '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('the package is small, and holds nothing of the server', () => {
  expect(statSync(archive).size).toBeLessThan(MAX_BYTES);
  const files = run('tar', ['-tzf', archive], folder).trim().split('\n');
  expect(
    files.filter((file) => !/^package\/(package\.json|README\.md|dist\/[a-z-]+(\.d)?\.(js|ts))$/.test(file)),
  ).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['package/dist/index.js', 'package/dist/index.d.ts']));
});

const USE = `
  const issuer = await createTestIssuer();
  const verifier = createVerifier(issuer.options);
  const { kind, principal } = await verifier.verify(await issuer.user({ scopes: ['tasks:read'] }));
  console.log(kind, principal.kind, [...principal.scopes]);
`;

test.each([
  [
    'module',
    `import { createVerifier } from '@latchkey/verifier';
     import { createTestIssuer } from '@latchkey/verifier/testing';
     ${USE}`,
  ],
  [
    'commonjs',
    `const { createVerifier } = require('@latchkey/verifier');
     const { createTestIssuer } = require('@latchkey/verifier/testing');
     (async () => { ${USE} })();`,
  ],
])('it works in a fresh project of type %s', (type, program) => {
  const project = join(folder, type);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type }));
  writeFileSync(join(project, 'index.js'), program);
  // As npm installs it, without a registry.
  const installed = join(project, 'node_modules/@latchkey/verifier');
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', archive, '--strip-components=1', '-C', installed], project);
  cpSync('node_modules/jose', join(project, 'node_modules/jose'), { recursive: true });
  expect(run(process.execPath, ['--no-warnings', 'index.js'], project).trim()).toBe(
    "principal user [ 'tasks:read' ]",
  );
});

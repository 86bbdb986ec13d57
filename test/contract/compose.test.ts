import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-compose-'));
  cpSync('supergraph.yaml', join(folder, 'supergraph.yaml'));
  cpSync('schema/latchkey.graphql', join(folder, 'schema/latchkey.graphql'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number;
  readonly stderr: string;
}

/** The command of `npm run compose`, in a copy of what it reads. */
function compose(...args: string[]): Promise<Run> {
  const tsx = import.meta.resolve('tsx');
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      ['--import', tsx, resolve('scripts/compose.ts'), ...args],
      { cwd: folder },
      (_error, _stdout, stderr) => settle({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

const supergraph = () => readFileSync(join(folder, '.data/supergraph.graphql'), 'utf8');

describe('npm run compose', () => {
  test('writes the supergraph where docker-compose.yml mounts it', async () => {
    expect(await compose()).toEqual({ code: 0, stderr: '' });
    expect(supergraph()).toContain('@join__graph(name: "auth", url: "http://localhost:4001/graphql")');
    expect(readFileSync('docker-compose.yml', 'utf8')).toContain('source: ./.data/supergraph.graphql');
  });

  test('writes to the file that is named', async () => {
    await compose('elsewhere.graphql');
    expect(readFileSync(join(folder, 'elsewhere.graphql'), 'utf8')).toContain('@join__graph');
  });

  test('leaves no file behind where the subgraphs do not compose, and none in place of the old one', async () => {
    await compose();
    const before = supergraph();
    writeFileSync(join(folder, 'schema/latchkey.graphql'), 'type Query { user: Nobody }');
    const { code, stderr } = await compose();
    expect(code).toBe(1);
    expect(stderr).toContain('Nobody');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(supergraph()).toBe(before);

    await compose('new.graphql');
    expect(readdirSync(folder).sort()).toEqual(['.data', 'schema', 'supergraph.yaml']);
    expect(readdirSync(join(folder, '.data'))).toEqual(['supergraph.graphql']);
  });

  test('names the schema file that is missing', async () => {
    rmSync(join(folder, 'schema/latchkey.graphql'));
    expect((await compose()).stderr).toContain('schema/latchkey.graphql');
  });

  test('uses the version that supergraph.yaml names', () => {
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    const name = '@theguild/federation-composition';
    expect(readFileSync('supergraph.yaml', 'utf8')).toContain(`${name} ${devDependencies[name]}`);
  });
});

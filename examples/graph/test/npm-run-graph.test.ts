import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { gone } from '../../../test/support/latchkey-process.ts';
import { runGraph } from './support/run-graph.ts';

const HERE = join(__dirname, '..');

test('npm run graph tells what to try, which works as printed, and Ctrl-C leaves no process behind', async () => {
  const { process: graph, stop } = await runGraph();
  try {
    const lines = graph.output
      .split('\n')
      .filter((line) => line.startsWith('  ') && !/^ {2}\w+ +http/.test(line));
    const tried = spawnSync('bash', ['-c', lines.join('\n')], { encoding: 'utf8' });
    expect(tried.stdout).toContain('{"data":{"createTask":{"id":"');
    expect(tried.stdout).toMatch(
      /"tasks":\[\{"title":"Water the plants","owner":\{"username":"ada\w+"\}\}\]/,
    );
    expect(tried.stdout).toContain('{"data":{"logout":{"count":1}}}');
    expect(tried.stdout).toMatch(/"kind":"ENDED","session":\{"endReason":"LOGOUT"\}.*\n\nevent: complete/);
    expect(tried.stdout).toContain('"code":"FORBIDDEN"');

    const processes = descendantsOf(graph.child.pid ?? 0);
    // Three parts, and Latchkey's Postgres.
    expect(processes.length).toBeGreaterThan(4);
    // As a terminal sends it: to npm, and to what npm started.
    process.kill(-(graph.child.pid ?? Number.NaN), 'SIGINT');
    await graph.exit;
    await Promise.all(processes.map(gone));
  } finally {
    await stop();
  }
});

test('without its packages, it tells how to install them', () => {
  const clone = mkdtempSync(join(tmpdir(), 'latchkey-graph-'));
  try {
    cpSync(HERE, clone, { recursive: true, filter: (path) => !/node_modules/.test(path) });
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join(clone, 'start.ts')], {
      cwd: HERE,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('npm ci --prefix examples/graph'),
    });
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
});

/** The ids of the processes that a process has started, and of those that they have. */
function descendantsOf(ancestor: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const childrenOf = (parent: number): number[] =>
    rows.filter(([, ppid]) => ppid === parent).flatMap(([pid = 0]) => [pid, ...childrenOf(pid)]);
  return childrenOf(ancestor);
}

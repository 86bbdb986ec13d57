import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
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
    expect(tried.stdout).toContain('"kind":"ENDED","session":{"endReason":"LOGOUT"}');
    expect(tried.stdout).toContain('event: complete');
    expect(tried.stdout).toContain('"code":"FORBIDDEN"');

    const started = descendantsOf(graph.child.pid ?? 0);
    // This example's own, its three parts, and Latchkey's Postgres.
    expect(started.length).toBeGreaterThan(4);
    // As a terminal sends it: to npm, and to what npm started.
    process.kill(-(graph.child.pid ?? Number.NaN), 'SIGINT');
    await graph.exit;
    await eventually(async () => !processes().some(({ pid }) => started.includes(pid)));
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
  const all = processes();
  const startedBy = (parent: number): number[] =>
    all.filter(({ ppid }) => ppid === parent).flatMap(({ pid }) => [pid, ...startedBy(pid)]);
  return startedBy(ancestor);
}

/** Those that run: a zombie only waits for somebody to ask how it ended. */
function processes(): { pid: number; ppid: number }[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  return rows
    .filter(([, , stat]) => !stat?.startsWith('Z'))
    .map(([pid, ppid]) => ({ pid: Number(pid), ppid: Number(ppid) }));
}

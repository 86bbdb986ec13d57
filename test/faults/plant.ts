// Plants each bug of `planted` in a copy of the project, and runs the test or the faults that must find it there.
// Exits 1 if one is not found. `--only <text>`: those whose sentence, file or test contains the text.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FaultRun, NamedTest, PlantedBug } from './planted/planted-bug.ts';
import { plantedBugs } from './planted-bugs.ts';

/**
 * A test that a bug keeps waiting is red as well, only later. More than statements wait in tests: a test that is given up while
 * one waits leaves its connection, and jest then fails before it reports.
 */
const TEST_TIMEOUT_MS = 60_000;

/** A run of faults that takes longer hangs, in milliseconds. */
const FAULT_RUN_MS = 300_000;

/** How much of a failure's message is shown, in characters. */
const MOST_SHOWN = 1_000;

/** What jest tells of a run. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Files that could not run: a syntax error, or an import that fails. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const EMPTY: Report = {
  numPassedTests: 0,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
};

type Finding = 'found' | 'NOT FOUND' | 'the tests do not run' | 'the text does not match any more';

const repository = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const bugs = plantedBugs.filter(({ what, file, test }) =>
  [what, file, ...Object.values(test)].some((text) => String(text).includes(values.only)),
);
const copy = mkdtempSync(join(tmpdir(), 'latchkey-planted-'));
const running = new AbortController();
process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => running.abort());

process.exitCode = (await run()) ? 0 : 1;

async function run(): Promise<boolean> {
  copyProject();
  if (bugs.length === 0) return say('no bug matches');
  // A test that is red without the bug finds nothing.
  const red = await redOf(bugs.map(({ test }) => test));
  if (red.length > 0) return say(`red without a bug: ${red.join('; ')}`);
  const begunAt = performance.now();
  let found = 0;
  for (const bug of bugs) {
    const startedAt = performance.now();
    const finding = await plant(bug);
    if (running.signal.aborted) return say('interrupted');
    if (finding === 'found') found += 1;
    const by = 'file' in bug.test ? bug.test.file : `seed ${bug.test.seed} of faults`;
    say(`${finding}: ${bug.what} (${by}, ${secondsSince(startedAt)} s)`);
  }
  say(`${found} of ${bugs.length} planted bugs were found, in ${secondsSince(begunAt)} s`);
  return found === bugs.length;
}

/** Those of the tests and runs that find something as the copy is now. */
async function redOf(all: readonly PlantedBug['test'][]): Promise<string[]> {
  const tests = all.filter((one) => 'file' in one);
  const report = tests.length === 0 ? EMPTY : await runTests(tests);
  if (report === null || report.numRuntimeErrorTestSuites > 0) return ['the tests do not run'];
  const red = failedIn(report);
  for (const one of all) {
    if ('file' in one) continue;
    const finding = await findByFaults(one);
    if (finding !== 'NOT FOUND') red.push(`${one.invariant} with seed ${one.seed} (${finding})`);
  }
  return red;
}

/** Files that git knows or would add, as they are; packages are linked. */
function copyProject(): void {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', list, { cwd: repository, encoding: 'utf8' }).split('\0');
  for (const file of files)
    if (file !== '' && existsSync(join(repository, file))) cpSync(join(repository, file), join(copy, file));
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
}

async function plant({ file, find, replace, test }: PlantedBug): Promise<Finding> {
  const path = join(copy, file);
  const original = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (original.split(find).length !== 2) return 'the text does not match any more';
  // As a function: in a text, `$` has a meaning.
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  try {
    return await ('file' in test ? findByTests([test]) : findByFaults(test));
  } finally {
    writeFileSync(path, original);
  }
}

async function findByTests(tests: readonly NamedTest[]): Promise<Finding> {
  const report = await runTests(tests);
  if (report === null || report.numRuntimeErrorTestSuites > 0) return 'the tests do not run';
  if (report.numFailedTests > 0) return 'found';
  return report.numPassedTests > 0 ? 'NOT FOUND' : 'the tests do not run';
}

/** What else a run of faults reports does not count. */
async function findByFaults({ seed, minutes, only, invariant }: FaultRun): Promise<Finding> {
  const settings = ['--seed', String(seed), '--minutes', String(minutes), '--only', only];
  const output = await runNode(['--import', 'tsx', 'test/faults/run.ts', ...settings], FAULT_RUN_MS);
  if (output.includes(`\n${invariant}: `)) return 'found';
  return output.includes('invariants were checked') ? 'NOT FOUND' : 'the tests do not run';
}

/** Runs these tests in the copy. Null if jest cannot begin. */
async function runTests(tests: readonly NamedTest[]): Promise<Report | null> {
  const outputFile = join(copy, 'planted-report.json');
  rmSync(outputFile, { force: true });
  const files = new Set(tests.map(({ file }) => `test/${file}.test.ts`));
  const names = tests.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const options = ['--json', '--outputFile', outputFile, '--testTimeout', String(TEST_TIMEOUT_MS)];
  const pattern = ['-t', names.join('|')];
  const jest = ['--max-semi-space-size=64', 'node_modules/jest/bin/jest.js'];
  await runNode([...jest, ...files, ...options, ...pattern]);
  return existsSync(outputFile) ? (JSON.parse(readFileSync(outputFile, 'utf8')) as Report) : null;
}

/** Runs a program in the copy, for so long at most. Returns what it has written. */
async function runNode(args: readonly string[], timeoutMs?: number): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: copy, stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const stop = () => child.kill('SIGTERM');
  const timer = timeoutMs === undefined ? null : setTimeout(stop, timeoutMs);
  running.signal.addEventListener('abort', stop);
  await once(child, 'close');
  running.signal.removeEventListener('abort', stop);
  if (timer !== null) clearTimeout(timer);
  return output;
}

function failedIn({ testResults }: Report): string[] {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return tests
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages[0]?.slice(0, MOST_SHOWN)}`);
}

function say(line: string): false {
  process.stdout.write(`${line}\n`);
  return false;
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1_000).toFixed(0);
}

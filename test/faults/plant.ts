// Plants each bug of `planted-bugs.ts` in a copy of the project, and runs the test that must find it there.
// Exits 1 if one is not found. `--only <text>`: those whose sentence, file or test contains the text.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';

/** A test that a bug keeps waiting is red as well, only later. */
const TEST_TIMEOUT_MS = 30_000;

/** What jest tells of a run. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Files that could not run: a syntax error, or an import that fails. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

type Finding = 'found' | 'NOT FOUND' | 'the tests do not run' | 'the text does not match any more';

const repository = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const bugs = plantedBugs.filter(({ what, file, test }) =>
  [what, file, test.file, test.name].some((text) => text.includes(values.only)),
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
  const green = await runTests(bugs.map(({ test }) => test));
  const isGreen = green !== null && green.numFailedTests + green.numRuntimeErrorTestSuites === 0;
  if (!isGreen || green.numPassedTests === 0)
    return say(`the tests are not green without a bug: ${failedIn(green).join('; ')}`);
  const begunAt = performance.now();
  let found = 0;
  for (const bug of bugs) {
    const startedAt = performance.now();
    const finding = await plant(bug);
    if (running.signal.aborted) return say('interrupted');
    if (finding === 'found') found += 1;
    say(`${finding}: ${bug.what} (${bug.test.file}, ${secondsSince(startedAt)} s)`);
  }
  say(`${found} of ${bugs.length} planted bugs were found, in ${secondsSince(begunAt)} s`);
  return found === bugs.length;
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
    const report = await runTests([test]);
    if (report === null || report.numRuntimeErrorTestSuites > 0) return 'the tests do not run';
    if (report.numFailedTests > 0) return 'found';
    return report.numPassedTests > 0 ? 'NOT FOUND' : 'the tests do not run';
  } finally {
    writeFileSync(path, original);
  }
}

/** Runs these tests in the copy. Null if jest cannot begin. */
async function runTests(tests: readonly PlantedBug['test'][]): Promise<Report | null> {
  const outputFile = join(copy, 'planted-report.json');
  rmSync(outputFile, { force: true });
  const files = new Set(tests.map(({ file }) => `test/${file}.test.ts`));
  const names = tests.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const options = ['--json', '--outputFile', outputFile, '--testTimeout', String(TEST_TIMEOUT_MS)];
  const pattern = ['-t', names.join('|')];
  const jest = ['--max-semi-space-size=64', 'node_modules/jest/bin/jest.js'];
  const { signal } = running;
  const child = spawn(process.execPath, [...jest, ...files, ...options, ...pattern], {
    cwd: copy,
    stdio: 'ignore',
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  await once(child, 'exit');
  signal.removeEventListener('abort', stop);
  return existsSync(outputFile) ? (JSON.parse(readFileSync(outputFile, 'utf8')) as Report) : null;
}

function failedIn(report: Report | null): string[] {
  const tests = report?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? [];
  return tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
}

function say(line: string): false {
  process.stdout.write(`${line}\n`);
  return false;
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1_000).toFixed(0);
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { runCommand, settingsBeside, startCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { foreignHashes } from '../support/foreign-hashes.ts';
import { argon2IsInstalled } from '../support/native-hashing.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

// Real processes: a second or two each, more on a busy machine.
jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'latchkey-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });

const settings = () => settingsBeside(latchkey.databaseUrl, secrets);
const run = (...args: readonly string[]) => runCommand(['import-users', ...args], settings());
/** An import of lines that it is given later. */
const startImport = () => startCommand(['import-users', '-', '--format', 'jsonl'], settings(), null);

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const count = async (condition: string) =>
  (await runSql(latchkey.databaseUrl, `SELECT count(*)::int AS count FROM users WHERE ${condition}`))[0]?.[
    'count'
  ];

test('people sign in with the passwords of other systems, and their hashes are ours afterwards', async () => {
  const examples = foreignHashes
    .filter(({ hash }) => argon2IsInstalled || !hash.includes('$argon2'))
    .map((example, index) => ({ ...example, email: `person${index}@example.com` }));
  const csv = examples.map(({ email, hash }) => `${email},"${hash}",true\r\n`).join('');
  const path = file('users.csv', `\ufeffemail,passwordHash,emailVerified\r\n${csv}nobody,,\r\n`);
  const report = join(folder, 'refused.jsonl');

  const dry = await run(path, '--dry-run');
  expect(dry.output).toContain(`${examples.length} users would be created, 0 exist already, 1 refused`);
  expect(dry.output).toContain(`Line ${examples.length + 2}: email: This is not an e-mail address.`);
  expect([dry.code, await count("email LIKE 'person%'")]).toEqual([1, 0]);

  const real = await run(path, '--report', report);
  expect(real.output).toContain(`${examples.length} users created, 0 exist already, 1 refused`);
  expect(real.code).toBe(1);
  expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual({
    line: examples.length + 2,
    reason: 'email: This is not an e-mail address.',
  });

  const hashes = async () =>
    (await runSql(latchkey.databaseUrl, 'SELECT hash FROM passwords')).map(({ hash }) => String(hash));
  expect((await hashes()).filter((hash) => hash.startsWith('$lk1$'))).toEqual([]);
  for (const { email, password } of examples) {
    const login = (typed: string) => latchkey.client().login({ identifier: email, password: typed });
    await expect(login(`.${password}`)).rejects.toThrow('InvalidCredentials');
    await login(password);
    await login(password);
  }
  expect((await hashes()).filter((hash) => !hash.startsWith('$lk1$'))).toEqual([]);
});

test('killed half-way and started again, an import finishes without doubles', async () => {
  const lines = Array.from({ length: 1_200 }, (_, i) =>
    JSON.stringify({ email: `u${i}@killed.org`, username: `killed${i}` }),
  );
  const text = lines.map((line) => `${line}\n`);
  // It waits for more input, with a batch done and the next one begun.
  const killed = startImport();
  killed.child.stdin?.write(text.slice(0, 700).join(''));
  await eventually(async () => (await count("email LIKE '%@killed.org'")) === 500);
  await killed.kill();

  const path = file('killed.jsonl', text.join(''));
  const { code, output } = await run(path);
  expect(output).toMatch(
    /^1200 lines read, 700 users created, 500 exist already, 0 refused; \d+ lines a second\.\n$/,
  );
  expect(code).toBe(0);
  expect(await count("email LIKE '%@killed.org'")).toBe(1_200);
});

test('an interrupted import ends with what it has done, and a summary', async () => {
  const interrupted = startImport();
  const line = (i: number) => `${JSON.stringify({ email: `u${i}@interrupted.org` })}\n`;
  interrupted.child.stdin?.write(Array.from({ length: 700 }, (_, i) => line(i)).join(''));
  await eventually(async () => (await count("email LIKE '%@interrupted.org'")) === 500);
  interrupted.child.kill('SIGINT');
  expect(await interrupted.exit).toBe(1);
  expect(interrupted.output).toMatch(
    /^500 lines read, 500 users created.*\nInterrupted\. Start the same import again/,
  );
});

test.each([
  [['users.txt'], 2, 'does not tell its format'],
  [['users.csv', '--report', './users.csv'], 2, 'the report would replace the file'],
  [[join(folder, 'missing.csv')], 1, 'no such file'],
  [[file('columns.csv', 'email,password\na@example.com,secret\n')], 1, 'Unknown columns: password.'],
] as const)('%j ends with %d', async (args, code, message) => {
  const ended = await run(...args);
  expect(ended.output).toContain(message);
  expect(ended.code).toBe(code);
});

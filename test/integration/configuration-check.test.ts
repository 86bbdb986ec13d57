import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkConfiguration, type Finding } from '../../src/app/configuration-check.ts';
import { loadConfig } from '../../src/config/config.ts';
import { useTestApp } from '../support/app.ts';
import { createEmptyDatabase } from '../support/empty-database.ts';
import { silentLogger } from '../support/logger.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });

let empty: { url: string; drop(): Promise<void> };
beforeAll(async () => {
  empty = await createEmptyDatabase();
});
afterAll(() => empty?.drop());

async function check(env: Readonly<Record<string, string>>): Promise<Finding[]> {
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: latchkey.databaseUrl, ...secrets, ...env });
  const findings: Finding[] = [];
  for await (const finding of checkConfiguration(config, silentLogger)) findings.push(finding);
  return findings;
}

const problemsOf = (findings: readonly Finding[]) =>
  findings.filter(({ kind }) => kind === 'problem').map(({ text }) => text);

test('a configuration that works has no problem, and what limits it is a warning', async () => {
  const findings = await check({ REDIS_URI: 'redis://a' });
  expect(findings.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'warning nothing reads REDIS_URI: is REDIS_URL meant?',
    'ok DATABASE_URL: Postgres answers',
    'ok all migrations are applied',
    'ok the secrets are those that the database was used with',
    'warning no REDIS_URL: only one instance may use the database',
    expect.stringMatching(/^warning no SMTP_URL: messages are written into .*mail$/),
  ]);
});

test('a database that was used with other secrets is a problem, and the new ones are not stored', async () => {
  const stored = () => runSql(latchkey.databaseUrl, 'SELECT * FROM secret_fingerprints ORDER BY 1, 2');
  const before = await stored();
  const { PASSWORD_PEPPER } = newSecrets();
  expect(problemsOf(await check({ PASSWORD_PEPPER }))).toEqual([
    expect.stringMatching(/^PASSWORD_PEPPER is not what this database was used with/),
  ]);
  expect(
    problemsOf(await check({ PASSWORD_PEPPER: `${PASSWORD_PEPPER},${secrets.PASSWORD_PEPPER}` })),
  ).toEqual([]);
  expect(await stored()).toEqual(before);
});

test('a pepper that was dropped too early is a problem, and an older one in use a warning', async () => {
  await latchkey.client().signup();
  const next = newSecrets().PASSWORD_PEPPER;
  const before = `${next},${secrets.PASSWORD_PEPPER}`;
  expect(await check({ PASSWORD_PEPPER: before })).toContainEqual({
    kind: 'warning',
    text: '1 passwords are under an older pepper: keep it',
  });
  // As an instance does that starts with it.
  await latchkey.restart({ PASSWORD_PEPPER: before });
  expect(problemsOf(await check({ PASSWORD_PEPPER: next }))).toEqual([
    'PASSWORD_PEPPER lacks the pepper of 1 passwords: they cannot be verified',
  ]);
});

test('pending migrations are a problem where no start applies them, and are not applied', async () => {
  const pending = { DATABASE_URL: empty.url };
  expect(await check(pending)).toContainEqual({
    kind: 'warning',
    text: expect.stringMatching(/^\d+ migrations are pending: the next start applies them$/),
  });
  expect(problemsOf(await check({ ...pending, MIGRATE_ON_START: 'false' }))).toEqual([
    expect.stringMatching(/^\d+ migrations are pending: run migrate up/),
  ]);
  expect(await runSql(empty.url, "SELECT FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);
});

import { describe, expect, jest, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { LOGIN, newAccount } from '../support/client.ts';
import { runCommand, settingsBeside } from '../support/command.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

// Real processes: a second or two each, more on a busy machine.
jest.setTimeout(60_000);

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });

const run = (...args: string[]) => runCommand(args, settingsBeside(latchkey.databaseUrl, secrets));

describe('audit', () => {
  test('prints the events of an account, the newest last, whatever its clients sent on one line each', async () => {
    const account = newAccount();
    const { user } = await latchkey.client().signup(account);
    const input = { identifier: account.email, password: 'not the right password' };
    // Header values can hold these; what comes through other ways is tested with the lines themselves.
    await latchkey.client().send(LOGIN, { input }, { 'user-agent': 'x\u009b2K\u0085" actor=root' });
    const { code, output } = await run('audit', '--user', account.email, '--since', '24h');
    expect(code).toBe(0);
    const lines = output.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[3]).toMatch(
      new RegExp(
        `^\\S+Z FAILURE user\\.login_failed subject=${user.id} ip=127\\.0\\.0\\.1 request="\\S+" agent="x\\\\u009b2K\\\\u0085\\\\" actor=root"$`,
      ),
    );
    expect(output).not.toMatch(/[^\P{C}\n]/u);
  });

  test('selects by type, outcome, actor and time, of a deleted account too, also as JSON', async () => {
    const { user } = await latchkey.client().signup();
    await runSql(latchkey.databaseUrl, 'DELETE FROM users WHERE id = $1', [user.id]);
    const types = ['--types', 'user.registered,session.created,user.login_failed'];
    const { code, output } = await run(
      'audit',
      '--json',
      '--actor',
      user.id,
      ...types,
      '--outcome',
      'success',
      '--limit',
      '1',
    );
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      actorId: user.id,
      subjectId: user.id,
      outcome: 'SUCCESS',
      details: { userId: user.id },
    });
    expect(await run('audit', '--user', user.id, '--until', '2020-01-31T09:30:00+01:00')).toEqual({
      code: 0,
      output: '',
    });
  });

  test('says what is wrong with its arguments', async () => {
    for (const [exit, args, words] of [
      [
        2,
        ['--since', 'yesterday'],
        "argument 'yesterday' is invalid. It must be a time such as 2026-01-31T09:30:00Z or 24h.",
      ],
      [2, ['--limit', '0'], 'It must be a number from 1 to 100000.'],
      [1, ['--types', 'user.teleported'], 'The audit log has no type user.teleported.'],
      [1, ['--user', 'nobody@example.com'], 'Account not found: nobody@example.com'],
    ] as const) {
      const { code, output } = await run('audit', ...args);
      expect({ code, output }).toEqual({ code: exit, output: expect.stringContaining(words) });
    }
  });
});

test('export-user prints JSON without a control character, whatever clients sent', async () => {
  const { user } = await latchkey.client().signup();
  const userAgent = 'x\u001b[2K\u009b2K\u007f\u202e\u2028"\\';
  await runSql(latchkey.databaseUrl, 'UPDATE sessions SET user_agent = $2 WHERE user_id = $1', [
    user.id,
    userAgent,
  ]);
  const { output } = await run('export-user', user.id);
  expect(JSON.parse(output).sessions).toMatchObject([{ userAgent }]);
  expect(output).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
});

test('cleanup prints what it deleted', async () => {
  await runSql(
    latchkey.databaseUrl,
    `INSERT INTO events (id, type, outcome, kept, occurred_at)
     SELECT gen_random_uuid(), 'user.login', 'SUCCESS', true, now() - interval '366 days' FROM generate_series(1, 3)`,
  );
  const { code, output } = await run('cleanup');
  expect(code).toBe(0);
  expect(output.split('\n')).toEqual(
    expect.arrayContaining(['ended sessions: 0', 'messages: 0', 'events of the audit log: 3']),
  );
});

import { expect, jest, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { LOGIN, ME, PASSWORD } from '../support/client.ts';
import { runCommand, settingsBeside } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { makeToken } from '../support/personal-access-tokens.ts';
import { newSecrets } from '../support/secrets.ts';
import { signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

// Real processes: a second or two each, more on a busy machine.
jest.setTimeout(60_000);

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });

const run = (...args: string[]) => runCommand(args, settingsBeside(latchkey.databaseUrl, secrets));

test('users are found and shown, their sessions ended, disabled and enabled, beside a running server', async () => {
  const { client, id, email, username, sessionId } = await signInWithRoles(latchkey, 'user', 'support');
  await makeToken(client, 'profile:read');
  const isRefused = () =>
    eventually(async () => (await client.send(ME)).errors[0]?.extensions['code'] === 'UNAUTHENTICATED');

  const found = await run('users', 'find', email.slice(1, -3).toUpperCase());
  expect(found).toEqual({ code: 0, output: `${id}  ACTIVE  ${email}  ${username}  -\n` });
  const shown = await run('users', 'show', id);
  expect(shown.output).toMatch(
    new RegExp(
      `^id +${id}\ne-mail address +${email} \\(not confirmed\\)\nusername +${username}\nname +-\nstatus +ACTIVE\nroles +user, support\n` +
        'locked until +-\nactive sessions +2\nactive personal access tokens +1\ncreated +\\S+Z\nupdated +\\S+Z\n$',
    ),
  );

  expect(await run('terminate-sessions', username)).toEqual({
    code: 0,
    output: `Sessions of ${email} ended: 2.\n`,
  });
  await isRefused();
  await client.login({ identifier: email, password: PASSWORD });
  expect(await run('users', 'disable', email)).toEqual({ code: 0, output: `${email} is disabled now.\n` });
  await isRefused();
  const input = { identifier: email, password: PASSWORD };
  expect((await latchkey.client().data(LOGIN, { input })).login.__typename).toBe('AccountDisabledError');
  expect(await run('users', 'enable', email)).toEqual({ code: 0, output: `${email} is enabled now.\n` });
  await client.login(input);
  const log = await runSql(
    latchkey.databaseUrl,
    `SELECT type, session_id, data->>'reason' AS reason FROM events
     WHERE subject_id = $1 AND actor_id IS NULL AND
       (type = 'session.terminated' AND session_id = $2 OR type IN ('user.disabled', 'user.enabled')) ORDER BY occurred_at`,
    [id, sessionId],
  );
  expect(log).toMatchObject([
    { type: 'session.terminated', reason: 'TERMINATED_BY_ADMIN' },
    { type: 'user.disabled' },
    { type: 'user.enabled' },
  ]);
});

test('terminate-sessions --all ends everybody’s sessions, each with its event', async () => {
  const two = [await signInWithRoles(latchkey, 'user'), await signInWithRoles(latchkey, 'user')];
  const [{ count } = {}] = await runSql(
    latchkey.databaseUrl,
    'SELECT count(*)::int FROM sessions WHERE ended_at IS NULL',
  );
  expect(await run('terminate-sessions', '--all')).toEqual({
    code: 0,
    output: `Sessions ended: ${count}.\n`,
  });
  for (const { client } of two)
    expect(await client.refresh()).toMatchObject({ endReason: 'TERMINATED_BY_ADMIN' });
  const ended = await runSql(
    latchkey.databaseUrl,
    `SELECT FROM events WHERE type = 'session.terminated' AND session_id = ANY($1)`,
    [two.map(({ sessionId }) => sessionId)],
  );
  expect(ended).toHaveLength(2);
  expect((await run('terminate-sessions', '--all', 'ada')).code).toBe(2);
  expect((await run('terminate-sessions')).code).toBe(2);
});

test('what cannot be done is told, with exit code 1, and wrong usage with 2', async () => {
  const { email } = await signInWithRoles(latchkey, 'user', 'admin');
  const refusals = await Promise.all([
    run('users', 'disable', email),
    run('users', 'show', 'nobody@example.com'),
    run('users', 'find', 'nobody'),
    run('users', 'find', ' '),
  ]);
  expect(refusals).toEqual([
    {
      code: 1,
      output:
        'This is the last active administrator. Give another user the role first, or run create-admin.\n',
    },
    { code: 1, output: 'Account not found.\n' },
    { code: 0, output: 'There is no such user.\n' },
    { code: 1, output: 'The text is blank, too long, or has characters that no name has.\n' },
  ]);
  const { code, output } = await run('users', 'show', '--help');
  expect([code, output]).toEqual([0, expect.stringContaining('e-mail address, username or id')]);
  expect((await run('users', 'show')).code).toBe(2);
});

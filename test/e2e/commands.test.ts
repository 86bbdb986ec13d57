import { describe, expect, jest, test } from '@jest/globals';
import { commands } from '../../src/commands/index.ts';
import { defaultRateLimits } from '../../src/core/rate-limits.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, ME, newAccount, PASSWORD } from '../support/client.ts';
import { runCommand, settingsBeside } from '../support/command.ts';
import { postfixReport } from '../support/delivery-reports.ts';
import { eventually } from '../support/eventually.ts';
import { confirmAddress, REQUEST_RESET, RESET, send } from '../support/messages.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

// Real processes: a second or two each, more on a busy machine.
jest.setTimeout(60_000);

const NEW_PASSWORD = 'another walk by the lake';

const secrets = newSecrets();

test('limits prints every limit in words, with the default where it differs', async () => {
  const RATE_LIMITS = '{"login.address":"600/10m"}';
  const { code, output } = await runCommand(['limits'], {
    NODE_ENV: 'test',
    ...secrets,
    DATABASE_URL: 'postgres://x@y/z',
    RATE_LIMITS,
  });
  expect(code).toBe(0);
  expect(output).toContain(
    'login.address\n  at most 600 in any 10 minutes (default: at most 300 in any 5 minutes): sign-ins from',
  );
  expect(output).toContain('signup.address\n  at most 50 in any hour: sign-ups from one address');
  expect(output.match(/^[a-z]+\.[a-z]+$/gm)).toHaveLength(Object.keys(defaultRateLimits).length);
});

describe('help', () => {
  test.each([['--help'], ['help']])('%s lists every command', async (...args) => {
    const { code, output } = await runCommand(args, { PORT: 'not a port' });
    expect(code).toBe(0);
    const names = commands.map((create) => create(async () => undefined).name());
    for (const name of names) expect(output).toMatch(new RegExp(`^  ${name} .*  \\w`, 'm'));
  });

  test.each([
    ['migrate', 'Usage: latchkey migrate [options] [command]'],
    ['create-admin', '--email <address>'],
    ['set-password', 'set-password [options] <identifier>'],
    ['set-roles', '--roles <a,b>'],
    ['unlock', 'e-mail address, username or id'],
    ['invite', '(default: ["user"])'],
    ['mail', '--limit <n>'],
    ['mail-bounced', 'EX_TEMPFAIL'],
    ['limits', 'RATE_LIMITS'],
  ])('%s has its own', async (name, usage) => {
    const { code, output } = await runCommand([name, '--help'], { PORT: 'not a port' });
    expect(code).toBe(0);
    expect(output).toContain(usage);
  });

  test('an unknown command is named, and the others are listed', async () => {
    const { code, output } = await runCommand(['create-user']);
    expect(code).toBe(2);
    expect(output).toMatch(/^error: unknown command 'create-user'\n/);
    expect(output).toContain('set-password');
  });

  test('a wrong argument is named, with the usage of its command', async () => {
    const { code, output } = await runCommand([
      'set-roles',
      'a@example.com',
      '--roles',
      'user',
      '--role',
      'admin',
    ]);
    expect(code).toBe(2);
    expect(output).toMatch(/^error: unknown option '--role'\n/);
    expect(output).toContain('Usage: latchkey set-roles');
  });
});

test('mail-bounced refuses a long message for good, and keeps what it cannot handle for another try', async () => {
  const env = { NODE_ENV: 'test', ...secrets, DATABASE_URL: 'postgres://x@127.0.0.1:9/z' };
  expect(await runCommand(['mail-bounced'], env, 'x'.repeat(2 ** 20 + 1))).toEqual({
    code: 0,
    output: 'Refused: the message is larger than 1 MiB.\n',
  });
  expect((await runCommand(['mail-bounced'], env, postfixReport())).code).toBe(75);
  expect((await runCommand(['mail-bounced'], { PORT: 'not a port' })).code).toBe(75);
});

describe('beside a running server', () => {
  const latchkey = useTestApp({ env: secrets });
  const runBeside = (args: readonly string[], input = '') =>
    runCommand(args, settingsBeside(latchkey.databaseUrl, secrets), input);
  const setPassword = (identifier: string, password: string) =>
    runBeside(['set-password', identifier], `${password}\n`);

  test('invite creates an account whose owner sets the password by a message, and nobody else', async () => {
    const { email, username } = newAccount();
    const invite = () =>
      runBeside(['invite', '--email', email, '--username', username, '--roles', 'user,admin']);
    expect(await invite()).toEqual({ code: 0, output: `${email} gets a message.\n` });
    expect((await invite()).output).toBe('An account with this e-mail address already exists.\n');
    const token = await latchkey.mail.tokenTo(email, 'reset-password');
    const login = () => latchkey.client().login({ identifier: email, password: NEW_PASSWORD });
    await expect(login()).rejects.toThrow('InvalidCredentials');
    const changed = await send(latchkey.client(), RESET, { token, password: NEW_PASSWORD });
    expect(changed).toMatchObject({ __typename: 'PasswordChanged', user: { emailVerified: true, username } });
    const client = latchkey.client();
    await client.login({ identifier: username, password: NEW_PASSWORD });
    expect((await client.data('{ me { roles } }')).me.roles).toEqual(['user', 'admin']);
    expect((await send(latchkey.client(), RESET, { token, password: PASSWORD }))['code']).toBe(
      'INVALID_TOKEN',
    );
    expect((await runBeside(['invite', '--email', 'x@example.com', '--roles', 'king'])).output).toContain(
      'Unknown role king',
    );
  });

  test('set-password goes the way of a reset: tokens and links end, and the owner is told', async () => {
    const account = newAccount();
    const client = latchkey.client();
    await client.signup(account);
    await confirmAddress(latchkey, account.email);
    const { token: script } = await makeToken(client, 'profile:read');
    await send(latchkey.client(), REQUEST_RESET, { email: account.email });
    const link = await latchkey.mail.tokenTo(account.email, 'reset-password');
    expect((await setPassword(account.email, NEW_PASSWORD)).code).toBe(0);
    await eventually(() => isRefused(bearing(latchkey, script)));
    expect((await send(latchkey.client(), RESET, { token: link, password: PASSWORD }))['code']).toBe(
      'INVALID_TOKEN',
    );
    await eventually(async () =>
      (await latchkey.mail.to(account.email)).some(({ subject }) =>
        subject.includes('password for Latchkey has'),
      ),
    );
  });

  test('mail lists what became of the latest messages, where a mail server is configured', async () => {
    const { email } = newAccount();
    await latchkey.client().signup({ email, username: newAccount().username });
    await latchkey.mail.tokenTo(email);
    const listed = async () =>
      (
        await runCommand(['mail', '--limit', '1'], {
          ...settingsBeside(latchkey.databaseUrl, secrets),
          SMTP_URL: 'smtp://127.0.0.1:9',
        })
      ).output;
    expect(await listed()).toMatch(new RegExp(`^\\S+ verify-email to ${email}: sent\n$`));

    const [mail] = await latchkey.mail.to(email);
    const report = postfixReport({ messageId: `<${mail?.id}@example.org>`, recipient: email });
    expect(await runBeside(['mail-bounced'], report)).toEqual({
      code: 0,
      output: `Bounced: verify-email to ${email}.\n`,
    });
    expect(await listed()).toMatch(new RegExp(`: bounced: 5\\.1\\.1: 550 5\\.1\\.1 <${email}>: [^\n]+\n$`));
  });

  test('sets the password, ends every session beside a running server, and is in the audit log', async () => {
    const account = newAccount();
    const client = latchkey.client();
    const { user } = await client.signup(account);
    const other = latchkey.client();
    await other.login({ identifier: account.email, password: PASSWORD });

    const { code, output } = await setPassword(account.email, NEW_PASSWORD);
    expect(output).toBe(`${account.email} has a new password. Sessions ended: 2.\n`);
    expect(code).toBe(0);

    // The server learns of it from its relay.
    await eventually(async () => (await isRefused(client)) && (await isRefused(other)));
    const visitor = latchkey.client();
    await expect(visitor.login({ identifier: account.email, password: PASSWORD })).rejects.toThrow(
      'InvalidCredentials',
    );
    await visitor.login({ identifier: account.email, password: NEW_PASSWORD });
    const events = await runSql(
      latchkey.databaseUrl,
      `SELECT type, actor_id, session_id, data FROM events WHERE subject_id = $1 AND type IN ('user.password_set', 'session.terminated')
       ORDER BY type`,
      [user.id],
    );
    expect(events.map(({ type, actor_id }) => [type, actor_id])).toEqual([
      ['session.terminated', null],
      ['session.terminated', null],
      ['user.password_set', null],
    ]);
    expect(events.map(({ data }) => (data as { reason?: string }).reason)).toEqual([
      'PASSWORD_CHANGED',
      'PASSWORD_CHANGED',
      undefined,
    ]);
    expect(JSON.stringify(events)).not.toContain(NEW_PASSWORD);
  });

  test('refuses what the policy refuses, and an account that is not there, and changes nothing', async () => {
    const account = newAccount();
    const client = latchkey.client();
    await client.signup(account);
    for (const [identifier, password, words] of [
      [account.email, 'short', 'password: Use at least 15 characters.'],
      [account.email, account.email, 'password: This password is easily guessed.'],
      ['nobody@example.com', NEW_PASSWORD, 'Account not found.'],
    ] as const) {
      const { code, output } = await setPassword(identifier, password);
      expect(code).toBe(1);
      expect(output).toContain(words);
    }
    expect(await isRefused(client)).toBe(false);
    await client.login({ identifier: account.email, password: PASSWORD });
  });
});

async function isRefused(client: GraphQLClient): Promise<boolean> {
  const { errors } = await client.send(ME);
  return errors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED');
}

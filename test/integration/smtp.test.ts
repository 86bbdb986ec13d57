import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { newAccount, PASSWORD } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { MailServer } from '../support/mail-server.ts';
import { LOGIN_STEP, SIGNUP_STEP, send, VERIFY } from '../support/messages.ts';
import { tokenIn } from '../support/recording-mail.ts';
import { runSql } from '../support/sql.ts';

const server = new MailServer();
beforeAll(() => server.start());
afterAll(() => server.kill());

const latchkey = useTestApp(() => ({
  env: {
    SMTP_URL: server.url,
    MAIL_FROM: 'Example <no-reply@example.org>',
    APP_URL: 'https://app.example.org/base/',
  },
  mail: 'configured',
}));

const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

const signUp = (email: string) =>
  send(latchkey.client(), SIGNUP_STEP, { input: { email, password: PASSWORD } });

describe('a mail server', () => {
  /** A failed message is due at once, in place of seconds later. */
  const retryNow = () =>
    sql(
      'UPDATE mails SET due_at = now() WHERE sent_at IS NULL AND failed_at IS NULL AND failure IS NOT NULL',
    );

  test('gets the message of a sign-up, whose link confirms the address', async () => {
    const { email } = newAccount();
    expect((await signUp(email)).__typename).toBe('EmailVerificationRequired');
    const [mail] = await server.to(email);
    // Where bounces go; they name the message, and do not return its link.
    const dsn = { ret: 'HDRS', envid: mail?.messageId?.slice(1, 37), notify: ['FAILURE'] };
    expect(mail?.envelope).toEqual({ from: 'no-reply@example.org', to: [email], dsn });
    expect(mail?.from).toEqual({ name: 'Example', address: 'no-reply@example.org' });
    expect(mail?.to).toEqual([{ name: '', address: email }]);
    expect(mail?.messageId).toMatch(/^<[0-9a-f-]{36}@example\.org>$/);
    const header = (key: string) => mail?.headers.find((one) => one.key === key)?.value;
    expect(header('auto-submitted')).toBe('auto-generated');
    expect(header('list-unsubscribe')).toBeUndefined();
    const token = tokenIn({ text: mail?.text ?? '' });
    const link = `https://app.example.org/base/verify-email#token=${token}`;
    expect(mail?.text).toContain(link);
    expect(mail?.html).toContain(`href="${link}"`);
    const login = () =>
      send(latchkey.client(), LOGIN_STEP, { input: { identifier: email, password: PASSWORD } });
    expect((await send(latchkey.client(), VERIFY, { token })).__typename).toBe('EmailVerified');
    expect((await login()).__typename).toBe('Authentication');
  });

  test('that is killed delays the message, and no answer', async () => {
    await server.kill();
    const { email } = newAccount();
    expect((await signUp(email)).__typename).toBe('EmailVerificationRequired');
    await eventually(async () => (await sql('SELECT FROM mails WHERE failure IS NOT NULL')).length === 1);
    await server.start();
    await retryNow();
    const [mail] = await server.to(email);
    expect(
      (await send(latchkey.client(), VERIFY, { token: tokenIn({ text: mail?.text ?? '' }) })).__typename,
    ).toBe('EmailVerified');
    await eventually(async () => (await sql('SELECT FROM mails WHERE sent_at IS NULL')).length === 0);
    expect(await server.to(email)).toHaveLength(1);
  });

  test('that is frozen delays no answer, and gets each message once', async () => {
    server.freeze();
    const emails = Array.from({ length: 8 }, () => newAccount().email);
    for (const email of emails) expect((await signUp(email)).__typename).toBe('EmailVerificationRequired');
    await eventually(
      async () => (await sql('SELECT FROM mails WHERE sent_at IS NULL AND attempts > 0')).length === 8,
    );
    server.thaw();
    for (const email of emails) await server.to(email);
    await eventually(async () => (await sql('SELECT FROM mails WHERE sent_at IS NULL')).length === 0);
    for (const email of emails) expect(await server.to(email)).toHaveLength(1);
  });

  test('that is slow delays no answer', async () => {
    await server.kill();
    await server.start(1_000);
    const emails = Array.from({ length: 6 }, () => newAccount().email);
    const before = server.received.length;
    await Promise.all(emails.map((email) => signUp(email)));
    // All were answered before the first was taken.
    expect(server.received).toHaveLength(before);
    for (const email of emails) await server.to(email);
    await eventually(async () => (await sql('SELECT FROM mails WHERE sent_at IS NULL')).length === 0);
    for (const email of emails) expect(await server.to(email)).toHaveLength(1);
    await server.kill();
    await server.start();
  });

  test('that refuses a recipient gets the message no more; the reason is kept, and recorded', async () => {
    const email = `refused.${newAccount().email}`;
    await signUp(email);
    const read = () =>
      sql('SELECT failure, attempts FROM mails WHERE recipient = $1 AND failed_at IS NOT NULL', [email]);
    await eventually(async () => (await read()).length === 1);
    expect(await read()).toEqual([{ failure: expect.stringContaining('no such mailbox here'), attempts: 1 }]);
    const [{ user_id: id }] = (await sql('SELECT user_id FROM mails WHERE recipient = $1', [email])) as [
      { user_id: string },
    ];
    const query = 'query ($id: ID!) { user(id: $id) { mailFailure { kind reason failedAt } } }';
    const administrator = latchkey.client();
    const own = newAccount().email;
    await signUp(own);
    const [mail] = await server.to(own);
    await send(latchkey.client(), VERIFY, { token: tokenIn({ text: mail?.text ?? '' }) });
    await sql("UPDATE users SET roles = '{user,admin}' WHERE email_key = $1", [own]);
    const { user } = await administrator.login({ identifier: own, password: PASSWORD });
    expect((await administrator.data(query, { id })).user.mailFailure).toEqual({
      kind: 'verify-email',
      reason: expect.stringContaining('no such mailbox here'),
      failedAt: expect.any(String),
    });
    expect((await administrator.data(query, { id: user.id })).user.mailFailure).toBeNull();
    const events = await sql("SELECT outcome, data->>'kind' AS kind FROM events WHERE type = 'mail.failed'");
    expect(events).toEqual([{ outcome: 'FAILURE', kind: 'verify-email' }]);
  });

  test('that refuses a message for now gets it again', async () => {
    const email = `greylisted.${newAccount().email}`;
    await signUp(email);
    const read = () =>
      sql('SELECT attempts, failed_at FROM mails WHERE recipient = $1 AND failure IS NOT NULL', [email]);
    await eventually(async () => (await read()).length === 1);
    await retryNow();
    await eventually(async () => (await read())[0]?.['attempts'] === 2);
    expect((await read())[0]?.['failed_at']).toBeNull();
  });
});

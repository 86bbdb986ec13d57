import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { from } from '../support/callers.ts';
import { newAccount, PASSWORD, SIGNUP } from '../support/client.ts';
import { confirmAddress, REQUEST_CHANGE, REQUEST_RESET, RESEND, send } from '../support/messages.ts';
import { makeToken } from '../support/personal-access-tokens.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { runSql } from '../support/sql.ts';
import { statementsDuring } from '../support/statements.ts';

const APP_URL = 'https://app.example.org';

describe('links in messages', () => {
  const latchkey = useTestApp({ env: { APP_URL, TRUSTED_PROXIES: 'loopback' } });

  test('start with the configured URL, whatever the headers of the request say', async () => {
    const evil = 'evil.example';
    const forged = {
      'x-forwarded-host': evil,
      'x-forwarded-proto': 'javascript',
      'x-forwarded-port': '666',
      'x-original-url': `https://${evil}/`,
      forwarded: `host=${evil};proto=http`,
      origin: 'http://localhost:3000',
      referer: `https://${evil}/reset`,
      'user-agent': `<a href="https://${evil}">x</a>`,
      'accept-language': `${evil}, ../../../etc/passwd`,
    };
    const account = newAccount();
    const client = latchkey.client();
    const { data } = await client.send(SIGNUP, { input: account }, forged);
    client.accessToken = data.signup.accessToken;
    await confirmAddress(latchkey, account.email);
    const next = newAccount().email;
    await client.send(REQUEST_RESET, { email: account.email }, forged);
    await client.send(REQUEST_CHANGE, { email: next }, forged);
    await makeToken(client, 'profile:read');
    const mails = [...(await latchkey.mail.to(account.email, 4)), ...(await latchkey.mail.to(next))];
    for (const { text, html } of mails) {
      const links = [...`${text}\n${html}`.matchAll(/[a-z]+:\/\/[^\s"<>]+/g)].map(([link]) => link);
      for (const link of links)
        expect(link).toMatch(/^https:\/\/app\.example\.org\/[a-z-]*(#token=lko_[\w-]{43})?$/);
      expect(html).not.toContain(`href="https://${evil}"`);
    }
    expect(mails.filter(({ text }) => text.includes('#token='))).toHaveLength(4);
  });

  test('with a forged Host the request is served, and the link is the same', async () => {
    const { email } = newAccount();
    await latchkey.client().signup({ email, username: newAccount().username });
    const { request } = await import('node:http');
    const body = JSON.stringify({ query: REQUEST_RESET, variables: { email } });
    await new Promise<void>((resolve, reject) => {
      const sent = request(
        `${latchkey.url}/graphql`,
        { method: 'POST', headers: { host: 'evil.example', 'content-type': 'application/json' } },
        (response) => response.resume().on('end', resolve),
      );
      sent.on('error', reject).end(body);
    });
    const [, reset] = await latchkey.mail.to(email, 2);
    expect(reset?.text).toContain(`${APP_URL}/reset-password#token=`);
    expect(reset?.text).not.toContain('evil');
  });
});

describe('addresses', () => {
  const latchkey = useTestApp({ env: { EMAIL_VERIFICATION: 'required' } });
  const sql = (statement: string) => runSql(latchkey.databaseUrl, statement);

  test.each([
    'victim@example.com,eve@evil.example',
    'victim@example.com, eve@evil.example',
    'victim@example.com;eve@evil.example',
    'victim@example.com eve@evil.example',
    '"victim@example.com"@evil.example',
    '"eve@evil.example, x"@example.com',
    'eve@evil.example>,<victim@example.com',
    '<victim@example.com>',
    'Victim <victim@example.com>',
    'victim@example.com\r\nBcc: eve@evil.example',
    'victim@example.com\nBcc: eve@evil.example',
    'victim@example.com%0d%0aBcc:eve@evil.example',
    'victim@example.com\u0000@evil.example',
    'victim\u0000@example.com',
    'victim＠example.com，eve@evil.example',
    'victim@example.com＞',
    '＜victim@example.com＞',
    'victim＂@example.com',
    'victim@example.com\u2028eve@evil.example',
    'victim@[127.0.0.1]',
    'victim@evil.example#.example.com',
    'victim(comment)@example.com',
    'victim@example.com(comment)',
    'eve@evil.example:victim@example.com',
    'group:eve@evil.example;',
  ])('%j is refused', async (email) => {
    const before = latchkey.mail.sent.length;
    for (const [document, variables] of [
      [SIGNUP, { input: { email, password: PASSWORD } }],
      [RESEND, { email }],
      [REQUEST_RESET, { email }],
    ] as const)
      expect((await send(latchkey.client(), document, variables)).__typename).toBe('AuthInvalidInputError');
    expect(await sql('SELECT FROM deferred_requests')).toEqual([]);
    expect(latchkey.mail.sent).toHaveLength(before);
  });

  test.each([
    ['ＶＩＣＴＩＭ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'victim@example.com'],
    ["o'brien+tag@Example.COM", "o'brien+tag@example.com"],
    ['ſtraße@example.com', 'straße@example.com'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
    [' padded@example.com ', 'padded@example.com'],
    ['=?utf-8?q?x?=@example.com', '=?utf-8?q?x?=@example.com'],
    ['{{7*7}}@example.com', '{{7*7}}@example.com'],
  ])('%j gets its message at exactly %j', async (email, key) => {
    await send(latchkey.client(), SIGNUP, { input: { email, password: PASSWORD } });
    const [mail] = await latchkey.mail.to(key);
    expect(mail?.to).toBe(key);
    expect(await runSql(latchkey.databaseUrl, 'SELECT FROM users WHERE email_key = $1', [key])).toHaveLength(
      1,
    );
  });
});

describe('what a request does before its answer', () => {
  const stranger = from('203.0.113.5');
  type Act = (services: Services, email: string) => Promise<{ readonly kind: string }>;
  const acts: Readonly<Record<string, Act>> = {
    signup: ({ signups }, email) =>
      signups.signup(stranger, { email, password: PASSWORD, username: newAccount().username }, 'BODY'),
    requestPasswordReset: ({ passwordReset }, email) => passwordReset.request(stranger, email),
    resendVerificationEmail: ({ emailVerification }, email) => emailVerification.resend(stranger, email),
  };

  test.each(Object.entries(acts))('%s does the same for known and unknown addresses', (_name, act) =>
    // Without the jobs, which decide afterwards.
    withTestServices({ EMAIL_VERIFICATION: 'required' }, async ({ services, databaseUrl }) => {
      const [confirmed, unconfirmed] = [newAccount(), newAccount()];
      for (const account of [confirmed, unconfirmed])
        await services.signups.signup(stranger, account, 'BODY');
      await services.deferred.run();
      await runSql(databaseUrl, 'UPDATE users SET email_verified = true WHERE email_key = $1', [
        confirmed.email,
      ]);
      const done: { statements: readonly string[]; kind: string }[] = [];
      for (const email of [confirmed.email, unconfirmed.email, newAccount().email]) {
        let kind = '';
        const statements = await statementsDuring(async () => {
          ({ kind } = await act(services, email));
        });
        done.push({ statements, kind });
      }
      const [first, ...others] = done;
      expect(first?.statements.length).toBeGreaterThan(0);
      for (const other of others) expect(other).toEqual(first);
    }),
  );
});

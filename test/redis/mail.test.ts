import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { useTwoTestApps } from '../support/app.ts';
import { newAccount, PASSWORD } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { MailServer } from '../support/mail-server.ts';
import { SIGNUP_STEP, send } from '../support/messages.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { runSql } from '../support/sql.ts';

describeWithRedis('two instances with one mail server', () => {
  const server = new MailServer();
  beforeAll(() => server.start());
  afterAll(() => server.kill());
  const redis = useTestRedis();
  const [a, b] = useTwoTestApps(() => ({
    env: { SMTP_URL: server.url, REDIS_URL: redis.url },
    mail: 'configured',
  }));

  test('send each message once, and a restart loses none', async () => {
    const emails = Array.from({ length: 40 }, () => newAccount().email);
    const signUp = (email: string, i: number) =>
      send((i % 2 ? a : b).client(), SIGNUP_STEP, { input: { email, password: PASSWORD } });
    await Promise.all(emails.map(signUp));
    await a.restart();
    for (const email of emails) await server.to(email);
    const waiting = () => runSql(a.databaseUrl, 'SELECT FROM mails WHERE sent_at IS NULL');
    await eventually(async () => (await waiting()).length === 0);
    for (const email of emails) expect(await server.to(email)).toHaveLength(1);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { MailId } from '../../src/core/ids.ts';
import { systemOrigin } from '../../src/core/principal.ts';
import { withServicesBeside } from '../support/beside.ts';
import { from } from '../support/callers.ts';
import { newAccount } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { newSecrets } from '../support/secrets.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { runSql } from '../support/sql.ts';

const EMAIL = 'ada@example.com';

/** Queues a notice to an address. */
const queue = ({ mails, unitOfWork }: Services, recipient = EMAIL) =>
  unitOfWork.run(() =>
    mails.add({ kind: 'account-deleted', userId: null, recipient, data: {}, origin: systemOrigin }),
  );

/** Sends what is due, and waits for it. */
async function deliver({ mailSender }: Services): Promise<void> {
  await mailSender.run();
  await mailSender.stop();
}

const dueNow = (databaseUrl: string) => runSql(databaseUrl, 'UPDATE mails SET due_at = now()');

describe('a queued message', () => {
  test('is sent once, also if it is looked for again and by others', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      await queue(services);
      await Promise.all([services.mailSender.run(), services.mailSender.run()]);
      await deliver(services);
      await dueNow(databaseUrl);
      await deliver(services);
      expect(services.transport.sent.map(({ to }) => to)).toEqual([EMAIL]);
    }));

  test('is not there if its transaction rolls back', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      const failing = services.unitOfWork.run(async () => {
        await queue(services);
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      expect(await runSql(databaseUrl, 'SELECT FROM mails')).toEqual([]);
    }));

  test('waits longer after each failure, up to a quarter of an hour, and is the same message', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      await queue(services);
      const tried: MailId[] = [];
      services.transport.answer = async ({ id }) => {
        tried.push(id);
        throw new Error('connect ECONNREFUSED\r\n\u001b[31m');
      };
      const waits: number[] = [];
      for (let i = 0; i < 10; i += 1) {
        await deliver(services);
        const [row] = await runSql(
          databaseUrl,
          'SELECT round(extract(epoch FROM due_at - now()))::int AS wait, failure, attempts FROM mails',
        );
        expect(row).toMatchObject({ failure: 'connect ECONNREFUSED [31m', attempts: i + 1 });
        waits.push(Number(row?.['wait']));
        await dueNow(databaseUrl);
      }
      expect(waits.map((wait) => Math.abs(wait))).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
      services.transport.answer = null;
      await deliver(services);
      expect(new Set([...tried, ...services.transport.sent.map(({ id }) => id)]).size).toBe(1);
    }));

  test('is given up after three days', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      await queue(services);
      await runSql(
        databaseUrl,
        "UPDATE mails SET created_at = now() - interval '73 hours', failure = 'timed out'",
      );
      await deliver(services);
      expect(services.transport.sent).toEqual([]);
      const [row] = await runSql(databaseUrl, 'SELECT failed_at, failure FROM mails');
      expect(row).toEqual({ failed_at: expect.any(Date), failure: 'timed out' });
    }));

  test('that is being sent is reserved; after a crash another instance sends it within a minute', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      await queue(services);
      let finish = () => {};
      services.transport.answer = () =>
        new Promise((resolve) => {
          finish = () => resolve({ kind: 'sent' });
        });
      await services.mailSender.run();
      const reserved = () =>
        runSql(
          databaseUrl,
          "SELECT due_at BETWEEN now() + interval '50 s' AND now() + interval '61 s' AS ok FROM mails",
        );
      expect(await reserved()).toEqual([{ ok: true }]);
      services.transport.answer = null;
      await services.mailSender.run();
      expect(services.transport.sent).toEqual([]);
      // As if the instance that sends it had crashed: without a renewal.
      await dueNow(databaseUrl);
      await services.mailSender.run();
      expect(services.transport.sent).toEqual([]);
      await services.mailSenderElsewhere.run();
      await eventually(async () => services.transport.sent.length === 1);
      finish();
      // The first one's word comes late, and changes nothing.
      await services.mailSender.stop();
      await services.mailSenderElsewhere.stop();
      expect(await runSql(databaseUrl, 'SELECT FROM mails')).toEqual([]);
    }));

  test('that was sent is noted, even if another instance has given it up meanwhile', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      const account = newAccount();
      await services.signups.signup(from('192.0.2.1'), account, 'BODY');
      services.transport.answer = async () => {
        await runSql(databaseUrl, "UPDATE mails SET failed_at = now(), failure = 'refused'");
        return { kind: 'sent' };
      };
      await deliver(services);
      const [row] = await runSql(databaseUrl, 'SELECT sent_at, failed_at FROM mails');
      expect(row).toEqual({ sent_at: expect.any(Date), failed_at: null });
    }));

  test('of a deleted account goes after an hour, since it counts for its recipient until then', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      await services.signups.signup(from('192.0.2.1'), newAccount(), 'BODY');
      await deliver(services);
      const [user] = await runSql(databaseUrl, 'SELECT id FROM users');
      await services.unitOfWork.run(() => services.mails.deleteAllOf(user?.['id'] as never));
      for (const [minutes, left] of [
        [59, 1],
        [61, 0],
      ]) {
        await runSql(databaseUrl, 'UPDATE mails SET created_at = now() - make_interval(mins => $1)', [
          minutes,
        ]);
        await services.cleanup.run();
        expect(await runSql(databaseUrl, 'SELECT FROM mails')).toHaveLength(left as number);
      }
    }));

  test('that cannot be made does not keep others from being sent', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      for (let i = 0; i < 6; i += 1) await queue(services);
      await runSql(databaseUrl, "UPDATE mails SET kind = 'of another release'");
      await queue(services, 'grace@example.com');
      for (let i = 0; i < 2; i += 1) await deliver(services);
      expect(services.transport.sent.map(({ to }) => to)).toEqual(['grace@example.com']);
    }));

  test('is kept for thirty days', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      for (const days of [29, 31]) {
        await queue(services);
        await runSql(
          databaseUrl,
          `UPDATE mails SET created_at = now() - make_interval(days => $1) WHERE created_at > now() - interval '1 hour'`,
          [days],
        );
      }
      await services.cleanup.run();
      expect(await runSql(databaseUrl, 'SELECT FROM mails')).toHaveLength(1);
    }));
});

describe('a deferred request', () => {
  test('that fails is repeated later, and keeps no other from being decided', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      const account = newAccount();
      await services.signups.signup(from('192.0.2.1'), account, 'BODY');
      await services.deferred.add('password_reset', { emailKey: account.email }, systemOrigin);
      await runSql(databaseUrl, "UPDATE deferred_requests SET kind = 'of another release'");
      await services.deferred.add('password_reset', { emailKey: account.email }, systemOrigin);
      await services.deferred.run();
      expect(await runSql(databaseUrl, "SELECT FROM mails WHERE kind = 'reset-password'")).toHaveLength(1);
      const [left] = await runSql(
        databaseUrl,
        'SELECT kind, attempts, due_at > now() AS later FROM deferred_requests',
      );
      expect(left).toEqual({ kind: 'of another release', attempts: 1, later: true });
    }));
});

describe('the token of a message', () => {
  const askForReset = async ({ signups, deferred }: Services, email: string) => {
    await signups.signup(from('192.0.2.1'), { ...newAccount(), email }, 'BODY');
    await deferred.add('password_reset', { emailKey: email }, systemOrigin);
    await deferred.run();
  };

  test('is that of its row after the pepper was replaced, as long as the old one is valid', () => {
    const secrets = newSecrets();
    const { PASSWORD_PEPPER: other } = newSecrets();
    return withTestServices(
      { ...secrets, PASSWORD_PEPPER: `${secrets.PASSWORD_PEPPER},${other}` },
      async (first) => {
        await askForReset(first.services, EMAIL);
        const [row] = await runSql(
          first.databaseUrl,
          "SELECT id FROM one_time_tokens WHERE purpose = 'reset_password'",
        );
        const token = await first.services.oneTimeTokens.reveal(row?.['id'] as never);
        expect(token).toMatchObject({ kind: 'revealed' });
        const env = { ...secrets, PASSWORD_PEPPER: `${other},${secrets.PASSWORD_PEPPER}` };
        await withServicesBeside(first.databaseUrl, env, async ({ oneTimeTokens }) => {
          expect(await oneTimeTokens.reveal(row?.['id'] as never)).toEqual(token);
        });
      },
    );
  });

  test('is not sent any more once it was replaced', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      await askForReset(services, EMAIL);
      await services.deferred.add('password_reset', { emailKey: EMAIL }, systemOrigin);
      await services.deferred.run();
      await deliver(services);
      await deliver(services);
      const subjects = services.transport.sent.map(({ subject }) => subject);
      expect(subjects.filter((subject) => subject.startsWith('Reset'))).toHaveLength(1);
      const [row] = await runSql(databaseUrl, 'SELECT failure FROM mails WHERE failed_at IS NOT NULL');
      expect(row).toBeUndefined();
    }));

  test('is purged a week after it has expired', () =>
    withTestServices({}, async ({ services, databaseUrl }) => {
      await askForReset(services, EMAIL);
      const rows = async () => (await runSql(databaseUrl, 'SELECT FROM one_time_tokens')).length;
      for (const [days, left] of [
        [6, 2],
        [8, 0],
      ]) {
        await runSql(
          databaseUrl,
          'UPDATE one_time_tokens SET expires_at = now() - make_interval(days => $1)',
          [days],
        );
        await services.cleanup.run();
        expect(await rows()).toBe(left);
      }
    }));
});

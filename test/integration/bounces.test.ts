import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BounceOutcome } from '../../src/modules/mail/index.ts';
import { useTestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { type GraphQLClient, newAccount } from '../support/client.ts';
import { gmail, OUT_OF_OFFICE, postfixReport } from '../support/delivery-reports.ts';
import { eventually } from '../support/eventually.ts';
import { newSecrets } from '../support/secrets.ts';
import type { Services } from '../support/services.ts';
import { signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });

const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

describe('a bounce', () => {
  let services: Services;
  let close = () => {};
  let closed: Promise<void>;
  let administrator: GraphQLClient;
  /** Of a message that was sent. */
  let userId: string;
  let recipient: string;
  let id: string;

  beforeAll(async () => {
    administrator = await signInAdministrator(latchkey);
    await new Promise<void>((opened) => {
      closed = withServicesBeside(latchkey.databaseUrl, secrets, async (beside) => {
        services = beside;
        opened();
        await new Promise<void>((resolve) => {
          close = resolve;
        });
      });
    });
  });
  afterAll(async () => {
    close();
    await closed;
  });

  beforeEach(async () => {
    const account = newAccount();
    recipient = account.email;
    ({
      user: { id: userId },
    } = await latchkey.client().signup(account));
    const sent = () => sql('SELECT id FROM mails WHERE recipient = $1 AND sent_at IS NOT NULL', [recipient]);
    await eventually(async () => (await sent()).length === 1);
    id = (await sent())[0]?.['id'] as string;
  });

  const note = (text: string): Promise<BounceOutcome> => services.bounces.note(Buffer.from(text));
  const messageId = () => `<${id}@example.org>`;
  const row = async () => (await sql('SELECT sent_at, failed_at, failure FROM mails WHERE id = $1', [id]))[0];
  const events = () =>
    sql("SELECT actor_id, data FROM events WHERE type = 'mail.failed' AND subject_id = $1", [userId]);
  const seen = async () =>
    (
      await administrator.data(
        'query ($id: ID!) { user(id: $id) { mailFailure { kind reason failedAt } } }',
        {
          id: userId,
        },
      )
    ).user.mailFailure;

  test('is kept once at its message, recorded, and shown to administrators', async () => {
    const { sent_at } = (await row()) ?? {};
    expect(await seen()).toBeNull();
    const report = postfixReport({ messageId: messageId(), recipient });
    const outcomes = await Promise.all([note(report), note(report)]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['already_failed', 'bounced']);
    expect(await row()).toMatchObject({ sent_at, failed_at: expect.any(Date) });
    expect(await events()).toEqual([{ actor_id: null, data: { userId, kind: 'verify-email' } }]);
    expect(await seen()).toEqual({
      kind: 'verify-email',
      reason: `5.1.1: 550 5.1.1 <${recipient}>: Recipient address rejected: User unknown in virtual mailbox table`,
      failedAt: expect.any(String),
    });
    // What another report says of it later changes nothing either.
    expect(
      await note(postfixReport({ messageId: messageId(), recipient, diagnostic: 'smtp; 554 no' })),
    ).toMatchObject({
      kind: 'already_failed',
    });
    expect((await seen()).reason).toContain('User unknown');
    expect(await events()).toHaveLength(1);
  });

  test.each<[string, () => string, BounceOutcome]>([
    [
      'of a message that is delayed',
      () => postfixReport({ messageId: messageId(), recipient, action: 'delayed', status: '4.4.1' }),
      { kind: 'no_failure', actions: ['delayed'] },
    ],
    [
      'of a message that its recipient got, and others did not',
      () =>
        postfixReport({
          messageId: messageId(),
          recipient,
          action: 'delivered',
          status: '2.0.0',
          others: 'Final-Recipient: rfc822; x@example.net\nAction: failed\nStatus: 5.1.1\n',
        }),
      { kind: 'no_failure', actions: ['delivered', 'failed'] },
    ],
    [
      'with an id that we gave no message',
      () => postfixReport({ messageId: `<${randomUUID()}@example.org>`, recipient }),
      { kind: 'unknown_message' },
    ],
    [
      'of a message of somebody else to the same address',
      () => postfixReport({ messageId: '<20251127.9D2A51FE@shop.example.org>', recipient }),
      { kind: 'unknown_message' },
    ],
    [
      'of a recipient to whom nothing was sent',
      () => postfixReport({ messageId: null, recipient: `x${recipient}` }),
      { kind: 'unknown_message' },
    ],
    ['that is an automatic reply', () => OUT_OF_OFFICE, { kind: 'automatic_reply' }],
  ])('%s changes nothing', async (_name, report, outcome) => {
    expect(await note(report())).toEqual(outcome);
    expect(await row()).toMatchObject({ failed_at: null, failure: null });
    expect(await events()).toEqual([]);
  });

  test('that names no message is that of the latest message to one of its recipients, for a week', async () => {
    const report = postfixReport({
      messageId: null,
      recipient: 'stranger@example.net',
      others: `Final-Recipient: rfc822; ${recipient.toUpperCase()}\nAction: failed\nStatus: 5.2.1\n`,
    });
    await sql("UPDATE mails SET sent_at = now() - interval '169 hours' WHERE id = $1", [id]);
    expect(await note(report)).toEqual({ kind: 'unknown_message' });
    await sql("UPDATE mails SET sent_at = now() - interval '167 hours' WHERE id = $1", [id]);
    expect(await note(report)).toMatchObject({ kind: 'bounced', mail: { id } });
    expect((await row())?.['failure']).toBe('5.2.1');
  });

  test('of a server that did not answer for days is kept', async () => {
    const diagnostic = '';
    await note(postfixReport({ messageId: messageId(), recipient, status: '4.4.7', diagnostic }));
    expect((await row())?.['failure']).toBe('4.4.7');
  });

  test('of a forwarded message is kept, though its recipient is another one', async () => {
    expect(await note(gmail(messageId()))).toMatchObject({ kind: 'bounced', mail: { id } });
  });

  test('brings no control characters', async () => {
    const diagnostic = 'smtp; 550 \u0000\u001b[2J\u202egone\u0007';
    await note(postfixReport({ messageId: messageId(), recipient, diagnostic }));
    expect((await row())?.['failure']).toBe('5.1.1: 550 [2J gone');
  });

  test('that comes before it is noted that the message was sent is kept, and the message not sent again', async () => {
    await sql('UPDATE mails SET sent_at = NULL WHERE id = $1', [id]);
    const mail = { id, attempts: 1 } as never;
    await note(postfixReport({ messageId: messageId(), recipient }));
    const { mailStore: store } = services;
    await store.markSent(id as never);
    await store.postpone(mail, 'the connection was lost', 5);
    expect(await store.markFailed(mail, 'too late')).toBe(false);
    expect(await row()).toMatchObject({
      sent_at: expect.any(Date),
      failed_at: expect.any(Date),
      failure: expect.stringContaining('User unknown'),
    });
  });

  test('of a message that was never sent is none', async () => {
    await sql(
      "UPDATE mails SET sent_at = NULL, attempts = 0, due_at = now() + interval '1 h' WHERE id = $1",
      [id],
    );
    expect(await note(postfixReport({ messageId: messageId(), recipient }))).toEqual({
      kind: 'unknown_message',
    });
    expect(await row()).toMatchObject({ sent_at: null, failed_at: null });
  });
});

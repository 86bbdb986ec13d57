import { describe, expect, test } from '@jest/globals';
import { readDeliveryReport } from '../../src/modules/mail/delivery-report.ts';
import { printable } from '../../src/modules/mail/printable.ts';
import { EXCHANGE, gmail, OUT_OF_OFFICE, postfixReport, QMAIL } from '../support/delivery-reports.ts';

const ID = '1b4e28ba-2fa1-4d2b-883f-0016d3cca427';
const MESSAGE_ID = `<${ID}@example.org>`;

const read = (text: string) => readDeliveryReport(Buffer.from(text));

const ada = {
  addresses: ['ada@example.com'],
  action: 'failed',
  status: '5.1.1',
  diagnostic: expect.stringMatching(/^ 550/),
};

describe('a delivery report', () => {
  test('of Postfix names the message in the returned headers, and its recipient twice', async () => {
    expect(await read(postfixReport())).toEqual({
      kind: 'report',
      mailId: ID,
      namesMessage: true,
      recipients: [
        {
          ...ada,
          addresses: ['ada@example.com', 'ada@example.com'],
          diagnostic:
            ' 550 5.1.1 <ada@example.com>: Recipient address rejected: User    unknown in virtual mailbox table',
        },
      ],
    });
  });

  test('of Exchange is read whatever the case of names and addresses', async () => {
    expect(await read(EXCHANGE)).toEqual({
      kind: 'report',
      mailId: ID,
      namesMessage: true,
      recipients: [
        {
          addresses: ['grace@example.com'],
          action: 'failed',
          status: '5.1.10',
          diagnostic: '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
        },
      ],
    });
    expect(JSON.stringify(await read(EXCHANGE))).not.toMatch(/script|lko_/);
  });

  test('of Gmail names the message as what it replies to', async () => {
    expect(await read(gmail(MESSAGE_ID))).toMatchObject({ mailId: ID, recipients: [ada] });
  });

  test('names it by the id of its envelope, if nothing was returned', async () => {
    const perMessage = `Original-Envelope-Id: ${ID}\n`;
    expect(await read(postfixReport({ messageId: null, perMessage }))).toMatchObject({ mailId: ID });
  });

  test.each([
    [null, false],
    ['<0100018f-a1b2@email.example.net>', true],
  ])('of the message %p names none of ours', async (messageId, namesMessage) => {
    expect(await read(postfixReport({ messageId }))).toMatchObject({ mailId: null, namesMessage });
  });

  test.each(['delayed', 'delivered', 'relayed', 'expanded'])('says that a message was %s', async (action) => {
    expect(await read(postfixReport({ action, status: '4.4.1' }))).toMatchObject({
      recipients: [{ action, status: '4.4.1' }],
    });
  });

  test('may be encoded, for an address that is not ASCII', async () => {
    const status =
      'Reporting-MTA: dns; a\n\nFinal-Recipient: utf-8; Jörg@Bücher.example\nAction: failed\nStatus: 5.6.7\n';
    const report = await read(`Content-Type: multipart/report; boundary=a

--a
Content-Type: message/global-delivery-status
Content-Transfer-Encoding: base64

${Buffer.from(status).toString('base64')}
--a--
`);
    expect(report).toMatchObject({
      recipients: [{ addresses: ['jörg@xn--bcher-kva.example'], action: 'failed', status: '5.6.7' }],
    });
  });

  test('has a group for each of its recipients, of which it is read what is valid', async () => {
    const others = `Final-Recipient: rfc822; <Grace@Example.com>
Action: delivered (to the mailbox)
Status: 2.0.0

Final-Recipient: utf-8; "two@ats"@example.com
Action: failed
Status: 5..1

Final-Recipient: rfc822; nobody@example.com
Action: shredded
Status: 5.0.0
`;
    const report = await read(postfixReport({ others }));
    expect(report).toMatchObject({
      recipients: [
        { action: 'failed' },
        { addresses: ['grace@example.com'], action: 'delivered', status: '2.0.0', diagnostic: '' },
        { addresses: [], action: 'failed', status: '' },
      ],
    });
  });
});

describe('no delivery report', () => {
  test.each([
    ['of qmail, which is text', QMAIL, 'no_report'],
    ['an answer of a person on holiday', OUT_OF_OFFICE, 'automatic_reply'],
    ['an empty message', '', 'no_report'],
    ['bytes', '\0\u0001\xff'.repeat(1_000), 'no_report'],
    [
      'a report of another type',
      postfixReport().replace('message/delivery-status', 'text/css'),
      'automatic_reply',
    ],
    [
      'a report in a message that is none',
      postfixReport().replace('multipart/report', 'multipart/mixed'),
      'automatic_reply',
    ],
  ])('is %s', async (_name, text, kind) => {
    expect(await read(text)).toEqual({ kind });
  });
});

describe('the work for a hostile message is bounded', () => {
  const start = 'Content-Type: multipart/report; boundary=a\n\n--a\n';

  test.each([
    ['of many parts', `${start}${'\n--a\n'.repeat(60)}`],
    ['of a hundred kilobytes of headers', `${'X-Long: x\n'.repeat(10_000)}\n`],
    [
      'of multiparts in multiparts',
      Array.from(
        { length: 60 },
        (_, i) => `Content-Type: multipart/report; boundary=b${i}\n\n--b${i}\n`,
      ).join(''),
    ],
  ])('%s', async (_name, text) => {
    expect(await read(text)).toEqual({ kind: 'unreadable' });
  });

  test('and a message in a message is not opened, be it the thousandth', async () => {
    const nested = 'Content-Type: message/rfc822\n\n'.repeat(1_000);
    expect(await read(`${nested}${postfixReport()}`)).toEqual({ kind: 'no_report' });
    const text = postfixReport({ messageId: null }).replace(
      /--[^\s]+--\s*$/,
      `--9D2A51FE.1764270000/mx.example.net\r\n${nested}Message-ID: ${MESSAGE_ID}\r\n\r\n`,
    );
    expect(await read(text)).toMatchObject({ kind: 'report', mailId: null, namesMessage: false });
  });

  test('nor is its report that of the message around it', async () => {
    const around = `Content-Type: multipart/report; boundary=out\n\n--out\nContent-Type: message/rfc822\nContent-Disposition: inline\n\n`;
    expect(await read(`${around}${postfixReport()}\n--out--\n`)).toEqual({ kind: 'no_report' });
  });

  test('and so is the number of its recipients', async () => {
    const others = 'Final-Recipient: rfc822; x@example.com\nAction: failed\n\n'.repeat(2_000);
    const report = await read(postfixReport({ others }));
    expect(report.kind === 'report' && report.recipients.length).toBeLessThan(100);
  });
});

test('what is kept of a report is printable, short, and has no token', () => {
  expect(printable('550\u0000 \u001b]0;x\u0007\u202e5.1.1\r\n\tgone\u2028 ')).toBe('550 ]0;x 5.1.1 gone');
  expect(printable(`blocked: https://a.example/reset#token=lko_${'x'.repeat(43)} `)).toBe(
    'blocked: https://a.example/reset#token=lko_…',
  );
  expect(printable('x'.repeat(1_000_000))).toHaveLength(300);
});

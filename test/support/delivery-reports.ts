/** Delivery reports as mail servers write them. */
interface Bounced {
  readonly messageId?: string | null;
  readonly recipient?: string;
  readonly action?: string;
  readonly status?: string;
  readonly diagnostic?: string;
  /** Further groups of the delivery status. */
  readonly others?: string;
  /** Further fields of the message that was delivered in place of ours. */
  readonly perMessage?: string;
}

/** Of Postfix, which returns the headers where RET=HDRS asks for it. */
export function postfixReport({
  messageId = '<1b4e28ba-2fa1-4d2b-883f-0016d3cca427@example.org>',
  recipient = 'ada@example.com',
  action = 'failed',
  status = '5.1.1',
  diagnostic = `smtp; 550 5.1.1 <${recipient}>: Recipient address rejected: User\n    unknown in virtual mailbox table`,
  others = '',
  perMessage = '',
}: Bounced = {}): string {
  const returned =
    messageId === null
      ? ''
      : `--9D2A51FE.1764270000/mx.example.net
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <no-reply@example.org>
Received: from latchkey (unknown [10.0.0.7])
\tby mx.example.net (Postfix) with ESMTP id 9D2A51FE
\tfor <${recipient}>; Thu, 27 Nov 2025 19:00:00 +0000 (UTC)
From: Example <no-reply@example.org>
To: ${recipient}
Subject: Confirm your email address
Message-ID:
 ${messageId}
Auto-Submitted: auto-generated

`;
  return crlf(`Return-Path: <>
Received: by mx.example.net (Postfix)
\tid 1C3F721A; Thu, 27 Nov 2025 19:00:02 +0000 (UTC)
Date: Thu, 27 Nov 2025 19:00:02 +0000 (UTC)
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: no-reply@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="9D2A51FE.1764270000/mx.example.net"
Message-Id: <20251127190002.1C3F721A@mx.example.net>

This is a MIME-encapsulated message.

--9D2A51FE.1764270000/mx.example.net
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.net.

Action: failed
Final-Recipient: rfc822; nobody@example.com

--9D2A51FE.1764270000/mx.example.net
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 9D2A51FE
X-Postfix-Sender: rfc822; no-reply@example.org
Arrival-Date: Thu, 27 Nov 2025 19:00:00 +0000 (UTC)
${perMessage}
Final-Recipient: rfc822; ${recipient}
Original-Recipient: rfc822;${recipient}
Action: ${action}
Status: ${status}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: ${diagnostic}

${others}
${returned}--9D2A51FE.1764270000/mx.example.net--
`);
}

/** Of Exchange: HTML for the reader, other cases in names of fields, and the whole message, whose headers it names itself too. */
export const EXCHANGE = crlf(`From: <postmaster@example.com>
To: <no-reply@example.org>
Subject: Undeliverable: Reset your password
Date: Thu, 27 Nov 2025 19:00:01 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="_000_DM6PR01MB1234_"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <9a1ff0a3-55b2-4a2f-9a0e-d9fe0d4e6c11@DM6PR01MB1234.prod.exchangelabs.com>
In-Reply-To: <1b4e28ba-2fa1-4d2b-883f-0016d3cca427@example.org>
References: <1b4e28ba-2fa1-4d2b-883f-0016d3cca427@example.org>
MIME-Version: 1.0

--_000_DM6PR01MB1234_
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="_001_DM6PR01MB1234_"

--_001_DM6PR01MB1234_
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to grace@example.com couldn't be delivered.=

--_001_DM6PR01MB1234_
Content-Type: text/html; charset="us-ascii"

<html><body><script>alert(1)</script>Action: failed</body></html>

--_001_DM6PR01MB1234_--

--_000_DM6PR01MB1234_
Content-Type: message/delivery-status

Reporting-MTA: dns;DM6PR01MB1234.prod.exchangelabs.com
Received-From-MTA: dns;mx.example.org
Arrival-Date: Thu, 27 Nov 2025 19:00:00 +0000

Final-recipient: RFC822;
 Grace@Example.COM
Action: Failed
Status: 5.1.10
Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup

--_000_DM6PR01MB1234_
Content-Type: message/rfc822

Message-ID: <1b4e28ba-2fa1-4d2b-883f-0016d3cca427@example.org>
From: Example <no-reply@example.org>
To: grace@example.com
Subject: Reset your password
MIME-Version: 1.0
Content-Type: text/plain

https://app.example.org/reset-password#token=lko_secret
--_000_DM6PR01MB1234_--
`);

/** Of Gmail: the message is named by In-Reply-To too; the returned part may be left out by what forwards the report. */
export const gmail = (inReplyTo: string) =>
  crlf(`From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: no-reply@example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: ${inReplyTo}
In-Reply-To: ${inReplyTo}
X-Failed-Recipients: ada@example.com
Message-ID: <692812ab.050a0220.1b2c3d.0001.GMR@mx.google.com>
Date: Thu, 27 Nov 2025 11:00:01 -0800 (PST)
Content-Type: multipart/report; boundary="0000000000001a2b3c0644a1b2c3"; report-type=delivery-status

--0000000000001a2b3c0644a1b2c3
Content-Type: multipart/related; boundary="0000000000001a2b450644a1b2c9"

--0000000000001a2b450644a1b2c9
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<html><p>Address not found</p></html>

--0000000000001a2b450644a1b2c9
Content-Type: image/png; name="icon.png"
Content-Disposition: attachment; filename="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--0000000000001a2b450644a1b2c9--
--0000000000001a2b3c0644a1b2c3
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Thu, 27 Nov 2025 11:00:00 -0800 (PST)
X-Original-Message-ID: ${inReplyTo}

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.26, the server for the domain example.com.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
 550 5.1.1  https://support.google.com/mail/?p=NoSuchUser a640c23a62f3a - gsmtp
Last-Attempt-Date: Thu, 27 Nov 2025 11:00:01 -0800 (PST)

--0000000000001a2b3c0644a1b2c3--
`);

/** Of qmail, whose bounces are text for people. */
export const QMAIL = crlf(`From: MAILER-DAEMON@mx.example.net
To: no-reply@example.org
Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.

<ada@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: <1b4e28ba-2fa1-4d2b-883f-0016d3cca427@example.org>
`);

export const OUT_OF_OFFICE = crlf(`From: Ada <ada@example.com>
To: no-reply@example.org
Subject: Automatic reply: Confirm your email address
In-Reply-To: <1b4e28ba-2fa1-4d2b-883f-0016d3cca427@example.org>
Auto-Submitted: auto-replied

I am on holiday.
`);

function crlf(text: string): string {
  return text.replaceAll('\n', '\r\n');
}

import type { Transporter } from 'nodemailer';
import type { Mailbox, MailTransport, OutgoingMail, Refused } from '../../core/mail.ts';
import type { Secret } from '../../core/secret.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Silence after which a connection is given up. RFC 5321 §4.5.3.2.6: ten minutes for the answer to the end of a message, since
 * who gives up earlier sends it again, and it arrives twice.
 */
const SILENCE_TIMEOUT_MS = 600_000;

interface Options {
  readonly url: Secret;
  readonly from: Mailbox;
  /** Whether a server that offers no TLS gets no message. The URL's `requireTLS` decides otherwise. */
  readonly requireTls: boolean;
}

/** Sends messages by SMTP, each on a connection of its own. */
export class SmtpTransport implements MailTransport {
  readonly destination: string;
  readonly #options: Options;
  #transporter: Promise<Transporter> | null = null;

  constructor(options: Options) {
    this.destination = new URL(options.url.reveal()).host;
    this.#options = options;
  }

  /** Connects and authenticates. */
  async check(): Promise<void> {
    await (await this.#open()).verify();
  }

  async send({ id, to, subject, text, html }: OutgoingMail): Promise<{ kind: 'sent' } | Refused> {
    const transporter = await this.#open();
    const domain = this.#options.from.address.replace(/^.*@/, '');
    try {
      await transporter.sendMail({
        messageId: `<${id}@${domain}>`,
        // RFC 3461, where the server has it: a bounce names the message, and does not return its text, which has a link.
        dsn: { id, return: 'headers', notify: 'failure' },
        // An object is not parsed: no spelling of an address adds another recipient.
        to: { name: '', address: to },
        subject,
        text,
        html,
      });
      return { kind: 'sent' };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      return refusal;
    }
  }

  #open(): Promise<Transporter> {
    this.#transporter ??= createTransporter(this.#options);
    return this.#transporter;
  }
}

/** Loads nodemailer with the first message: an idle server holds less memory without it. */
async function createTransporter({ url, from, requireTls }: Options): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const { searchParams } = new URL(url.reveal());
  return createTransport(
    {
      url: url.reveal(),
      ...(requireTls && !searchParams.has('requireTLS') && { requireTLS: true }),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    {
      // A copy: nodemailer writes to it, and the configuration is frozen.
      from: { ...from },
      headers: {
        // RFC 3834 §5, and what Exchange obeys: no automatic replies.
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
      },
    },
  );
}

interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly message: string;
}

/** The recipient or the message was refused for good. Refusing the sender or the password is the operator's to correct. */
function refusalOf(error: unknown): Refused | null {
  const { code, command, responseCode, message } = error as SmtpError;
  const isOfMessage = (code === 'EENVELOPE' && command !== 'MAIL FROM') || code === 'EMESSAGE';
  if (!isOfMessage || (responseCode !== undefined && responseCode < 500)) return null;
  return { kind: 'refused', reason: message };
}

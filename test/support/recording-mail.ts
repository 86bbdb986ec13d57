import type { MailTransport, OutgoingMail, Refused } from '../../src/core/mail.ts';
import { eventually } from './eventually.ts';

/** Keeps messages in place of a mail server. */
export class RecordingMail implements MailTransport {
  readonly destination = 'a test';
  readonly sent: OutgoingMail[] = [];
  /** What the next messages meet instead. */
  answer: ((mail: OutgoingMail) => Promise<{ kind: 'sent' } | Refused>) | null = null;

  async check(): Promise<void> {}

  async send(mail: OutgoingMail): Promise<{ kind: 'sent' } | Refused> {
    const result = this.answer === null ? ({ kind: 'sent' } as const) : await this.answer(mail);
    if (result.kind === 'sent') this.sent.push(mail);
    return result;
  }

  /** The messages to an address, once there are so many. */
  async to(address: string, count = 1): Promise<OutgoingMail[]> {
    const found = () => this.sent.filter(({ to }) => to === address);
    await eventually(async () => found().length >= count);
    return found();
  }

  /** The token in the `count`th message to an address that links to this page. */
  async tokenTo(address: string, page = 'verify-email', count = 1): Promise<string> {
    const find = () =>
      this.sent.filter(({ to, text }) => to === address && text.includes(`/${page}#token=`))[count - 1];
    await eventually(async () => find() !== undefined);
    return tokenIn(find());
  }
}

/** The token in the link of a message. */
export function tokenIn(mail: Pick<OutgoingMail, 'text'> | undefined): string {
  const [, token] = /#token=(\S+)/.exec(mail?.text ?? '') ?? [];
  if (token === undefined) throw new Error('the message has no link with a token');
  return token;
}

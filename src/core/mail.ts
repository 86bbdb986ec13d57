import type { MailId } from './ids.ts';

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** A message to one recipient. */
export interface OutgoingMail {
  /** Also its Message-ID, which stays the same when it is sent again. */
  readonly id: MailId;
  /** The canonical form of the address, so that no spelling reaches another mailbox. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A refusal that will not change: an unknown mailbox, for example. */
export interface Refused {
  readonly kind: 'refused';
  /** Printable, without secrets. */
  readonly reason: string;
}

/** What takes messages out of this process. */
export interface MailTransport {
  /** Where messages go, for the log. */
  readonly destination: string;
  /** Checks that it takes messages, and sends none. @throws {Error} */
  check(): Promise<void>;
  /** @throws {Error} if it may succeed later. */
  send(mail: OutgoingMail): Promise<{ readonly kind: 'sent' } | Refused>;
}

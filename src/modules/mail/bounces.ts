import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import {
  type Action,
  type DeliveryReport,
  type NoReport,
  type ReportedRecipient,
  readDeliveryReport,
} from './delivery-report.ts';
import type { Mail, MailStore } from './mail.store.ts';
import { printable } from './printable.ts';

export type BounceOutcome =
  | { readonly kind: 'bounced' | 'already_failed'; readonly mail: Mail }
  | { readonly kind: 'unknown_message' }
  /** It was delayed or delivered, for example. */
  | { readonly kind: 'no_failure'; readonly actions: readonly Action[] }
  | NoReport;

/** Age of a message that is looked for by its recipient: mail servers give up after five days (RFC 5321 §4.5.4.1), and report then. */
const FALLBACK_SECONDS = 7 * 86_400;

interface Dependencies {
  readonly store: Pick<MailStore, 'find' | 'latestSentTo' | 'markBounced'>;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/**
 * Notes at messages what delivery reports say of them. Anyone can forge a report: of the message whose id they know, or, without an
 * id, of the latest one to an address. That misinforms administrators, and keeps nobody from getting mail.
 */
export class Bounces {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Reads one message as a mail server delivers it. */
  async note(message: Uint8Array): Promise<BounceOutcome> {
    const report = await readDeliveryReport(message);
    if (report.kind !== 'report') return report;
    const mail = await this.#find(report);
    if (mail === null)
      return report.recipients.some(isFailure) ? { kind: 'unknown_message' } : noFailure(report);
    const failed = recipientsOf(report, mail).find(isFailure);
    if (failed === undefined) return noFailure(report);
    const bounced = await this.#markBounced(mail, failed);
    return bounced === null ? { kind: 'already_failed', mail } : { kind: 'bounced', mail: bounced };
  }

  async #find({ mailId, namesMessage, recipients }: DeliveryReport): Promise<Mail | null> {
    const { store } = this.#deps;
    if (mailId !== null) {
      const mail = await store.find(mailId);
      // Before the first attempt there is nothing that can bounce.
      return mail?.attempts === 0 ? null : mail;
    }
    if (namesMessage) return null;
    const addresses = recipients.filter(isFailure).flatMap((recipient) => recipient.addresses);
    return addresses.length === 0 ? null : store.latestSentTo(addresses, FALLBACK_SECONDS);
  }

  /** Null if it has failed before. */
  async #markBounced({ id }: Mail, { status, diagnostic }: ReportedRecipient): Promise<Mail | null> {
    const { store, unitOfWork, events } = this.#deps;
    const failure = printable([status, diagnostic].filter(Boolean).join(': '));
    return unitOfWork.run(async () => {
      const mail = await store.markBounced(id, failure);
      if (mail !== null && mail.userId !== null) {
        const { userId, kind } = mail;
        await events.record(eventBy(system, 'mail.failed', { userId, kind }));
      }
      return mail;
    });
  }
}

/** Those with the address of the message; or, if it was forwarded, all. */
function recipientsOf({ recipients }: DeliveryReport, { recipient }: Mail): readonly ReportedRecipient[] {
  const named = recipients.filter(({ addresses }) => addresses.includes(recipient));
  return named.length > 0 ? named : recipients;
}

/**
 * The server tries no further, whatever the status says (RFC 3464 §2.3.3): 4.4.7 is that of a message for which a server did not answer
 * for days.
 */
const isFailure = ({ action }: ReportedRecipient) => action === 'failed';

const noFailure = ({ recipients }: DeliveryReport): BounceOutcome => ({
  kind: 'no_failure',
  actions: [...new Set(recipients.map(({ action }) => action))],
});

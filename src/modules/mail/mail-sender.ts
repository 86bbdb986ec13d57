import { setTimeout as delay } from 'node:timers/promises';
import { system } from '../../core/actor.ts';
import { severityOf } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { MailId } from '../../core/ids.ts';
import { inBatches } from '../../core/in-batches.ts';
import type { MailTransport, OutgoingMail } from '../../core/mail.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { EventLog, Logger, UnitOfWork } from '../../core/ports.ts';
import type { OneTimeTokens } from '../one-time-tokens/index.ts';
import type { Mail, MailStore } from './mail.store.ts';
import { type AppPaths, mailKinds } from './mail-kinds.ts';
import type { MailTemplates } from './mail-templates.ts';

/** Messages that one instance sends at a time. */
const CONCURRENCY = 4;

/** How long a message is reserved, in seconds: after a crash, another instance sends it then. */
const RESERVED_SECONDS = 60;

const RENEWAL_MS = 20_000;

/** Delays between attempts double from the first to the last, in seconds. */
const [FIRST_DELAY_SECONDS, LAST_DELAY_SECONDS] = [5, 900];

/** Age at which a message is given up: an older one would mislead. */
const MAX_AGE_MS = 3 * 86_400_000;

/** How long messages are kept for administrators. */
const KEPT_SECONDS = 30 * 86_400;

const PURGE_BATCH = 1_000;

const MAX_FAILURE_LENGTH = 300;

interface Dependencies {
  readonly store: MailStore;
  readonly tokens: Pick<OneTimeTokens, 'reveal'>;
  readonly templates: MailTemplates;
  readonly transport: MailTransport;
  /** The name of the product in messages. */
  readonly product: string;
  readonly app: { readonly url: Readonly<URL>; readonly paths: AppPaths };
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly logger: Logger;
}

/**
 * Sends queued messages: at least once, and by one instance at a time. A message is sent twice only if a process ends, or the
 * connection is lost, while the mail server confirms it.
 */
export class MailSender {
  readonly #deps: Dependencies;
  readonly #sending = new Map<MailId, Promise<void>>();
  readonly #report = new OncePerMinute();
  #renewal: NodeJS.Timeout | null = null;
  /** Called when a place becomes free. */
  #onFree: () => void = () => undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Calls `wake` when further messages can be sent. */
  start(wake: () => void): void {
    this.#onFree = wake;
    this.#renewal = setInterval(() => void this.#renew(), RENEWAL_MS);
  }

  /** Waits some seconds for messages in flight. A longer one is sent again later. */
  async stop(graceMs = 2_000): Promise<void> {
    this.#onFree = () => undefined;
    if (this.#renewal !== null) clearInterval(this.#renewal);
    const abandoned = new AbortController();
    await Promise.race([
      Promise.all(this.#sending.values()),
      delay(graceMs, undefined, { signal: abandoned.signal, ref: false }).catch(() => undefined),
    ]);
    abandoned.abort();
  }

  /** Begins to send what is due. Does not wait for it, so that one slow message does not delay the others. */
  async run(): Promise<void> {
    const free = CONCURRENCY - this.#sending.size;
    if (free <= 0) return;
    for (const mail of await this.#deps.store.claim(free, RESERVED_SECONDS)) {
      const sending = this.#send(mail).finally(() => {
        this.#sending.delete(mail.id);
        this.#onFree();
      });
      this.#sending.set(mail.id, sending);
    }
  }

  /** Deletes old messages. Call now and then. */
  async purge(): Promise<void> {
    const { store, unitOfWork } = this.#deps;
    await inBatches(unitOfWork, 'mail purge', PURGE_BATCH, (limit) => store.purge(KEPT_SECONDS, limit));
  }

  /** Never rejects. */
  async #send(mail: Mail): Promise<void> {
    const { store, transport, logger } = this.#deps;
    try {
      if (mail.readAt.getTime() - mail.createdAt.getTime() > MAX_AGE_MS)
        return await this.#giveUp(mail, mail.failure ?? 'too old');
      const message = await this.#compose(mail);
      if (message === null) return await store.markFailed(mail.id, 'its link is not valid any more');
      const result = await transport.send(message);
      if (result.kind === 'refused') return await this.#giveUp(mail, result.reason);
      await store.markSent(mail.id);
    } catch (error) {
      this.#report.run((count) =>
        logger[severityOf(error)]({ err: error, kind: mail.kind, count }, 'a message could not be sent yet'),
      );
      const seconds = Math.min(FIRST_DELAY_SECONDS * 2 ** (mail.attempts - 1), LAST_DELAY_SECONDS);
      // If this fails too, it is due once the reservation ends.
      await store.postpone(mail.id, failureOf(error), seconds).catch(() => undefined);
    }
  }

  /** Null if its token was used or replaced, or has expired. */
  async #compose({
    id,
    kind,
    recipient,
    languages,
    data,
    tokenId,
    createdAt,
  }: Mail): Promise<OutgoingMail | null> {
    const { tokens, templates, product, app } = this.#deps;
    const token = tokenId === null ? null : await tokens.reveal(tokenId);
    if (token === null && tokenId !== null) return null;
    const link = linkTo(app.url, app.paths[mailKinds[kind].page], token);
    const at = createdAt.toISOString();
    const values = { ...data, product, recipient, link, at };
    return { id, to: recipient, ...templates.render(kind, languages, values) };
  }

  async #giveUp({ id, kind, userId }: Mail, reason: string): Promise<void> {
    const { store, unitOfWork, events, logger } = this.#deps;
    const failure = printable(reason);
    logger.warn({ kind, userId, failure }, 'a message was refused');
    await unitOfWork.run(async () => {
      await store.markFailed(id, failure);
      if (userId !== null) await events.record(eventBy(system, 'mail.refused', { userId, kind }));
    });
  }

  async #renew(): Promise<void> {
    const { store, logger } = this.#deps;
    if (this.#sending.size === 0) return;
    await store
      .renew([...this.#sending.keys()], RESERVED_SECONDS)
      .catch((error: unknown) => logger.debug({ err: error }, 'messages could not be reserved further'));
  }
}

/** The token is in the fragment, which neither a server's log nor a prefetch sees. The base comes from the configuration only. */
function linkTo(base: Readonly<URL>, path: string, token: string | null): string {
  const url = `${base.href.replace(/\/$/, '')}${path}`;
  return token === null ? url : `${url}#token=${token}`;
}

const failureOf = (error: unknown) => printable(error instanceof Error ? error.message : String(error));

const printable = (text: string) => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, MAX_FAILURE_LENGTH);

import { setTimeout as delay } from 'node:timers/promises';
import { system } from '../../core/actor.ts';
import { severityOf } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { MailId } from '../../core/ids.ts';
import type { MailTransport, OutgoingMail } from '../../core/mail.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { EventLog, Logger, UnitOfWork } from '../../core/ports.ts';
import type { OneTimeTokens } from '../one-time-tokens/index.ts';
import type { Mail, MailStore } from './mail.store.ts';
import { type AppPaths, mailKinds } from './mail-kinds.ts';
import type { MailTemplates } from './mail-templates.ts';
import { printable } from './printable.ts';

/** Messages that one instance sends at a time. */
const CONCURRENCY = 10;

/** How long a message is reserved, in seconds: after a crash, another instance sends it then. */
const RESERVED_SECONDS = 60;

const RENEWAL_MS = 20_000;

/** Delays between attempts double from the first to the last, in seconds. */
const [FIRST_DELAY_SECONDS, LAST_DELAY_SECONDS] = [5, 900];

/** Age at which a message is given up: an older one would mislead. */
const MAX_AGE_MS = 3 * 86_400_000;

/** How long messages are kept for administrators. */
const KEPT_SECONDS = 30 * 86_400;

/** How often, and at which interval, it is tried to note that a message was sent. */
const [MAX_MARKS, MARK_INTERVAL_MS] = [60, 1_000];

/** How long `stop` waits for messages that are being sent. Longer ones are sent again later. */
const STOP_GRACE_MS = 2_000;

interface Dependencies {
  readonly store: MailStore;
  readonly tokens: Pick<OneTimeTokens, 'reveal'>;
  /** Called for each message. */
  readonly templates: () => Promise<MailTemplates>;
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
 * connection to the mail server is lost, before it is noted that the mail server has it.
 */
export class MailSender {
  readonly #deps: Dependencies;
  readonly #sending = new Map<MailId, Promise<void>>();
  readonly #report = new OncePerMinute();
  #renewal: NodeJS.Timeout | null = null;
  #isStopped = false;
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

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#onFree = () => undefined;
    if (this.#renewal !== null) clearInterval(this.#renewal);
    const abandoned = new AbortController();
    await Promise.race([
      Promise.all(this.#sending.values()),
      delay(STOP_GRACE_MS, undefined, { signal: abandoned.signal, ref: false }).catch(() => undefined),
    ]);
    abandoned.abort();
  }

  /** Begins to send what is due. Does not wait for it, so that one slow message does not delay the others. */
  async run(): Promise<void> {
    const free = CONCURRENCY - this.#sending.size;
    if (free <= 0) return;
    const inFlight = [...this.#sending.keys()];
    for (const mail of await this.#deps.store.claim(free, RESERVED_SECONDS, inFlight)) {
      const sending = this.#send(mail).finally(() => {
        this.#sending.delete(mail.id);
        this.#onFree();
      });
      this.#sending.set(mail.id, sending);
    }
  }

  /** Deletes old messages. */
  purge(limit: number): Promise<number> {
    return this.#deps.store.purge(KEPT_SECONDS, limit);
  }

  /** Never rejects. */
  async #send(mail: Mail): Promise<void> {
    const { store, transport, tokens, logger } = this.#deps;
    try {
      if (mail.readAt.getTime() - mail.createdAt.getTime() > MAX_AGE_MS)
        return await this.#giveUp(mail, mail.failure ?? 'it was not sent for three days');
      const token = mail.tokenId === null ? null : await tokens.reveal(mail.tokenId);
      // A newer message has replaced it.
      if (token?.kind === 'invalid_token') return await store.delete(mail.id);
      if (token?.kind === 'expired_token')
        return await this.#giveUp(mail, mail.failure ?? 'its link has expired');
      const result = await transport.send(await this.#compose(mail, token?.text ?? null));
      if (result.kind === 'refused') return await this.#giveUp(mail, result.reason);
      await this.#markSent(mail);
    } catch (error) {
      this.#report.run((count) =>
        logger[severityOf(error)]({ err: error, kind: mail.kind, count }, 'a message could not be sent yet'),
      );
      const seconds = Math.min(FIRST_DELAY_SECONDS * 2 ** (mail.attempts - 1), LAST_DELAY_SECONDS);
      // If this fails too, it is due once the reservation ends.
      await store.postpone(mail, failureOf(error), seconds).catch(() => undefined);
    }
  }

  /** The mail server has the message: if this is not noted, it is sent again. The reservation is renewed meanwhile. */
  async #markSent({ id }: Mail): Promise<void> {
    const { store, logger } = this.#deps;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await store.markSent(id);
      } catch (error) {
        if (this.#isStopped || attempt === MAX_MARKS) {
          logger.warn(
            { err: error },
            'a message was sent, and that could not be noted: it will be sent again',
          );
          return;
        }
        await delay(MARK_INTERVAL_MS);
      }
    }
  }

  async #compose(
    { id, kind, recipient, languages, data, createdAt }: Mail,
    token: string | null,
  ): Promise<OutgoingMail> {
    const { product, app } = this.#deps;
    const templates = await this.#deps.templates();
    const link = linkTo(app.url, app.paths[mailKinds[kind].page], token);
    const at = createdAt.toISOString();
    const values = { ...data, product, recipient, link, at };
    return { id, to: recipient, ...templates.render(kind, languages, values) };
  }

  async #giveUp(mail: Mail, reason: string): Promise<void> {
    const { store, unitOfWork, events, logger } = this.#deps;
    const { kind, userId } = mail;
    const failure = printable(reason);
    logger.warn({ kind, userId, failure }, 'a message was given up');
    await unitOfWork.run(async () => {
      const isFailed = await store.markFailed(mail, failure);
      if (isFailed && userId !== null) await events.record(eventBy(system, 'mail.failed', { userId, kind }));
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

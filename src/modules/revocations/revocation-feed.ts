import type { EventBus } from '../../core/event-bus.ts';
import { REVOCATIONS_CHANNEL } from '../../core/event-messages.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import { parseRevocation } from '../../core/revocation.ts';
import type { RevocationStore } from './revocation.store.ts';
import type { Revocations } from './revocations.ts';

/** Says that the feed is alive: silence of this channel is what a broken, or a frozen, Redis sounds like. */
const HEARTBEAT_CHANNEL = 'auth:heartbeat';

/** How often each instance says so, in milliseconds. */
const HEARTBEAT_INTERVAL_MS = 400;

/** After this long without a heartbeat the database is asked, and again every so often, in milliseconds. */
const SILENCE_MS = 1_000;

/** How far back the database is asked beyond the silence, in seconds: an end counts from its commit, not from its date. */
const OVERLAP_SECONDS = 15;

interface Dependencies {
  readonly bus: EventBus;
  readonly store: RevocationStore;
  readonly revocations: Revocations;
  readonly logger: Logger;
}

/**
 * Keeps what this instance knows to be revoked up to date: from the bus, and from the database whenever the bus is silent
 * or has been interrupted. A revocation is known everywhere within a second, and within five with Redis gone.
 */
export class RevocationFeed {
  readonly #bus: EventBus;
  readonly #store: RevocationStore;
  readonly #revocations: Revocations;
  readonly #logger: Logger;
  readonly #report = new OncePerMinute();
  #subscribed = false;
  #heartbeatAt = Number.NEGATIVE_INFINITY;
  /** Up to when nothing has been missed. */
  #completeUntil = Number.NEGATIVE_INFINITY;
  /** Something may have been missed since: only the database can tell. */
  #gap = false;
  #asking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor({ bus, store, revocations, logger }: Dependencies) {
    this.#bus = bus;
    this.#store = store;
    this.#revocations = revocations;
    this.#logger = logger;
    bus.onResumed(() => {
      this.#gap = true;
      void this.#askDatabase();
    });
  }

  /** Subscribes before it loads: what ends in between is heard. */
  async start(): Promise<void> {
    await this.#subscribe();
    this.#gap = !this.#subscribed;
    await this.#load(this.#revocations.keepForSeconds);
    this.#heartbeatAt = performance.now();
    this.#timer = setInterval(() => void this.#tick(), HEARTBEAT_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#asking?.catch(() => undefined);
  }

  async #tick(): Promise<void> {
    this.#beat();
    if (!this.#subscribed) await this.#subscribe();
    const silent = !this.#subscribed || performance.now() - this.#heartbeatAt > SILENCE_MS;
    if (silent && !this.#gap) {
      this.#gap = true;
      this.#report.run(() =>
        this.#logger.warn({}, 'the revocation feed is silent: asking the database instead'),
      );
    }
    if (!this.#gap) this.#completeUntil = this.#heartbeatAt;
    else if ((await this.#askDatabase()) && !silent) {
      this.#gap = false;
      this.#logger.info({}, 'the revocation feed is heard again');
    }
  }

  #beat(): void {
    // Not sent, not heard: the silence says it all.
    this.#bus.publish([{ channel: HEARTBEAT_CHANNEL, payload: {} }]).catch(() => undefined);
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#bus.subscribe(HEARTBEAT_CHANNEL, () => {
        this.#heartbeatAt = performance.now();
      });
      await this.#bus.subscribe(REVOCATIONS_CHANNEL, (payload) => this.#hear(payload));
      this.#subscribed = true;
    } catch {
      // Redis is away: the next tick tries again, and until then the database is asked.
    }
  }

  #hear(payload: unknown): void {
    const revocation = parseRevocation((payload as { data?: unknown } | null)?.data);
    if (revocation !== null) this.#revocations.add(revocation);
  }

  /** Whether all is known up to now. Asks once at a time. */
  async #askDatabase(): Promise<boolean> {
    const askedAt = performance.now();
    if (this.#asking !== null) return false;
    const missedSeconds = (askedAt - this.#completeUntil) / 1000 + OVERLAP_SECONDS;
    this.#asking = this.#load(Math.min(missedSeconds, this.#revocations.keepForSeconds));
    try {
      await this.#asking;
      this.#completeUntil = askedAt;
      return true;
    } catch (error) {
      this.#logger.debug({ err: error }, 'the database could not be asked for ended sessions');
      return false;
    } finally {
      this.#asking = null;
    }
  }

  async #load(seconds: number): Promise<void> {
    for (const revocation of await this.#store.listWithin(seconds)) this.#revocations.add(revocation);
  }
}

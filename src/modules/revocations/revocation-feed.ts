import type { EventBus } from '../../core/event-bus.ts';
import { REVOCATIONS_CHANNEL } from '../../core/event-messages.ts';
import { newId } from '../../core/ids.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import { parseRevocation } from '../../core/revocation.ts';
import type { RevocationStore } from './revocation.store.ts';
import type { Revocations } from './revocations.ts';

/** Carries heartbeats: their absence reveals a broken or frozen Redis. */
const HEARTBEAT_CHANNEL = 'auth:heartbeat';

const HEARTBEAT_INTERVAL_MS = 400;

/** Without a heartbeat for this long, the database is polled. */
const SILENCE_MS = 1_000;

/** Added to the period read from the database: a revocation is visible from its commit, later than its date. */
const OVERLAP_SECONDS = 15;

interface Dependencies {
  readonly bus: EventBus;
  readonly store: RevocationStore;
  readonly revocations: Revocations;
  readonly logger: Logger;
}

/**
 * Keeps this instance's revocations up to date: from the bus, and from the database while the bus is silent or after an
 * interruption. A revocation reaches every instance within one second, and within five without Redis.
 */
export class RevocationFeed {
  readonly #deps: Dependencies;
  readonly #report = new OncePerMinute();
  #subscribed = false;
  #heartbeatAt = Number.NEGATIVE_INFINITY;
  /** The time up to which all revocations are known. */
  #completeUntil = Number.NEGATIVE_INFINITY;
  /** Whether revocations may have been missed since, so that the database must be read. */
  #gap = false;
  #reading: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
    dependencies.bus.onResumed(() => {
      this.#gap = true;
      void this.#readMissed();
    });
  }

  /** Subscribes before it loads, so that a revocation in between is not missed. */
  async start(): Promise<void> {
    await this.#subscribe();
    this.#gap = !this.#subscribed;
    await this.#load(this.#deps.revocations.keepForSeconds);
    this.#heartbeatAt = performance.now();
    this.#timer = setInterval(() => void this.#tick(), HEARTBEAT_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#reading?.catch(() => undefined);
  }

  async #tick(): Promise<void> {
    this.#beat();
    if (!this.#subscribed) await this.#subscribe();
    const silent = !this.#subscribed || performance.now() - this.#heartbeatAt > SILENCE_MS;
    if (silent && !this.#gap) {
      this.#gap = true;
      this.#report.run(() =>
        this.#deps.logger.warn(
          {},
          'no heartbeat on the revocation feed: reading revocations from the database',
        ),
      );
    }
    if (!this.#gap) this.#completeUntil = this.#heartbeatAt;
    else if ((await this.#readMissed()) && !silent) {
      this.#gap = false;
      this.#deps.logger.info({}, 'the revocation feed has resumed');
    }
  }

  #beat(): void {
    // A failure shows as a missing heartbeat.
    const messages = [{ channel: HEARTBEAT_CHANNEL, payload: {} }];
    this.#deps.bus.publish([{ id: newId(), messages }]).catch(() => undefined);
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#deps.bus.subscribe(HEARTBEAT_CHANNEL, () => {
        this.#heartbeatAt = performance.now();
      });
      await this.#deps.bus.subscribe(REVOCATIONS_CHANNEL, (payload) => this.#receive(payload));
      this.#subscribed = true;
    } catch {
      // Redis is unavailable: the next tick retries; until then the database is polled.
    }
  }

  #receive(payload: unknown): void {
    const revocation = parseRevocation((payload as { data?: unknown } | null)?.data);
    if (revocation !== null) this.#deps.revocations.add(revocation);
  }

  /** Reads missed revocations, one read at a time; true if all are known up to now. */
  async #readMissed(): Promise<boolean> {
    const startedAt = performance.now();
    if (this.#reading !== null) return false;
    const missedSeconds = (startedAt - this.#completeUntil) / 1000 + OVERLAP_SECONDS;
    this.#reading = this.#load(Math.min(missedSeconds, this.#deps.revocations.keepForSeconds));
    try {
      await this.#reading;
      this.#completeUntil = startedAt;
      return true;
    } catch (error) {
      this.#deps.logger.debug({ err: error }, 'revocations could not be read from the database');
      return false;
    } finally {
      this.#reading = null;
    }
  }

  async #load(seconds: number): Promise<void> {
    for (const revocation of await this.#deps.store.listWithin(seconds))
      this.#deps.revocations.add(revocation);
  }
}

import { UnavailableError } from '../../core/errors.ts';
import type { EventBus } from '../../core/event-bus.ts';
import { REVOCATIONS_CHANNEL } from '../../core/event-messages.ts';
import { newId } from '../../core/ids.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import { parseRevocation } from '../../core/revocation.ts';
import { Heartbeats } from './heartbeats.ts';
import { Lag } from './lag.ts';
import type { RevocationStore } from './revocation.store.ts';
import type { Revocations } from './revocations.ts';

/** Carries heartbeats: their absence reveals a broken or frozen Redis. */
const HEARTBEAT_CHANNEL = 'auth:heartbeat';

const HEARTBEAT_INTERVAL_MS = 400;

/** Without a heartbeat for this long, the database is polled. */
const SILENCE_MS = 1_000;

/** Credentials are verified by memory alone while it is complete up to so long ago, in milliseconds. */
const CURRENT_MS = 3_000;

/** Once it is not complete for so long, in milliseconds, nothing may be told to subscribers any more. */
const LOST_MS = 4_000;

/** Added to the period read from the database: a revocation is visible from its commit, later than its date. */
export const OVERLAP_SECONDS = 15;

interface Dependencies {
  readonly bus: EventBus;
  readonly store: RevocationStore;
  readonly revocations: Revocations;
  readonly logger: Logger;
  readonly monotonicNow?: () => number;
}

/**
 * Keeps this instance's revocations up to date: from the bus, and from the database while the bus is silent or after an
 * interruption. A revocation reaches every instance within one second, and within five without Redis. An instance that reaches
 * neither knows that it may have missed some.
 *
 * All times are monotonic, in milliseconds.
 */
export class RevocationFeed {
  readonly #deps: Dependencies;
  readonly #now: () => number;
  readonly #report = new OncePerMinute();
  readonly #beats = new Heartbeats();
  readonly #lag = new Lag();
  readonly #onLost: (() => void)[] = [];
  #hears: 'nothing' | 'revocations' | 'heartbeats' = 'nothing';
  /** From when on the bus has delivered everything here; infinite while it does not. */
  #unbrokenSince = Number.POSITIVE_INFINITY;
  /** The time up to which all revocations are known. */
  #completeUntil = Number.NEGATIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  #silent = false;
  #reading: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
    this.#now = dependencies.monotonicNow ?? (() => performance.now());
    dependencies.bus.onGap(() => {
      this.#unbrokenSince = Number.POSITIVE_INFINITY;
    });
    dependencies.bus.onResumed(() => {
      if (this.#hears !== 'heartbeats') return;
      this.#unbrokenSince = this.#now();
      this.#poll();
    });
  }

  /** Whether all revocations are known, except those of the last seconds. */
  get isCurrent(): boolean {
    return this.lagMs < CURRENT_MS;
  }

  /** How long ago the latest revocation may have been that is not known, in milliseconds. */
  get lagMs(): number {
    return this.#now() - this.#completeUntil;
  }

  /**
   * Resolves when `isCurrent`, or when all revocations from before the call are known: from the database, by one read for all
   * callers.
   *
   * @throws {UnavailableError} if the database cannot be read.
   */
  async catchUp(): Promise<void> {
    const calledAt = this.#now();
    // A read that is in progress may have begun too early: then another one follows.
    while (!this.isCurrent && this.#completeUntil < calledAt) await this.#readMissed();
  }

  /** Calls `listener` while revocations may have been missed for seconds: what was verified before may have been revoked. */
  onLost(listener: () => void): void {
    this.#onLost.push(listener);
  }

  /** Subscribes before it loads, so that a revocation in between is not missed. */
  async start(): Promise<void> {
    await this.#subscribe();
    this.#startedAt = this.#now();
    await this.#load(this.#deps.revocations.keepForSeconds);
    this.#completeUntil = this.#startedAt;
    this.#beat();
    this.#timer = setInterval(() => void this.#tick(), HEARTBEAT_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#reading?.catch(() => undefined);
  }

  async #tick(): Promise<void> {
    this.#beat();
    if (this.#lag.note(this.#completeUntil, this.#now()) >= LOST_MS)
      for (const listener of this.#onLost) listener();
    if (this.#hears !== 'heartbeats') await this.#subscribe();
    const silent = this.#now() - Math.max(this.#beats.lastSentAt, this.#startedAt) > SILENCE_MS;
    if (silent || this.#completeUntil < this.#unbrokenSince) this.#poll();
    if (silent === this.#silent) return;
    this.#silent = silent;
    if (!silent) this.#deps.logger.info({}, 'the revocation feed has resumed');
    else
      this.#report.run(() =>
        this.#deps.logger.warn(
          {},
          'no heartbeat on the revocation feed: reading revocations from the database',
        ),
      );
  }

  #beat(): void {
    const id = newId();
    this.#beats.send(id, this.#now());
    // A failure shows as a missing heartbeat.
    const messages = [{ channel: HEARTBEAT_CHANNEL, payload: { id } }];
    this.#deps.bus.publish([{ id: newId(), messages }]).catch(() => undefined);
  }

  async #subscribe(): Promise<void> {
    const { bus } = this.#deps;
    try {
      if (this.#hears === 'nothing') {
        await bus.subscribe(REVOCATIONS_CHANNEL, (payload) => this.#receive(payload));
        this.#hears = 'revocations';
      }
      await bus.subscribe(HEARTBEAT_CHANNEL, (payload) => this.#receiveHeartbeat(payload));
      this.#hears = 'heartbeats';
      this.#unbrokenSince = this.#now();
    } catch {
      // Redis is unavailable: the next tick retries; until then the database is polled.
    }
  }

  #receive(payload: unknown): void {
    const revocation = parseRevocation((payload as { data?: unknown } | null)?.data);
    if (revocation !== null) this.#deps.revocations.add(revocation);
  }

  /** The bus keeps the order: what was published before the heartbeat was sent has been delivered, if no gap is open. */
  #receiveHeartbeat(payload: unknown): void {
    const isOurs = this.#beats.receive((payload as { id?: unknown } | null)?.id);
    if (isOurs && this.#completeUntil >= this.#unbrokenSince)
      this.#completeUntil = Math.max(this.#completeUntil, this.#beats.lastSentAt);
  }

  #poll(): void {
    this.#readMissed().catch(() => undefined);
  }

  /** Reads missed revocations, one read at a time. @throws {UnavailableError} */
  #readMissed(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const startedAt = this.#now();
    const missedSeconds = (startedAt - this.#completeUntil) / 1000 + OVERLAP_SECONDS;
    try {
      await this.#load(Math.min(missedSeconds, this.#deps.revocations.keepForSeconds));
    } catch (error) {
      this.#deps.logger.debug({ err: error }, 'revocations could not be read from the database');
      throw error instanceof UnavailableError ? error : new UnavailableError(error);
    }
    this.#completeUntil = Math.max(this.#completeUntil, startedAt);
  }

  async #load(seconds: number): Promise<void> {
    for (const revocation of await this.#deps.store.listWithin(seconds))
      this.#deps.revocations.add(revocation);
  }
}

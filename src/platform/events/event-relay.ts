import { UnavailableError } from '../../core/errors.ts';
import type { EventBus } from '../../core/event-bus.ts';
import { messagesOf } from '../../core/event-messages.ts';
import type { EventCatalogue, RecordedEvent } from '../../core/events.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Database } from '../database/database.ts';
import { Periodic } from '../periodic.ts';
import type { PublishedEvent, StreamedEvents } from './streamed-events.ts';

/** Interval of sweeps for unpublished events, in milliseconds. */
const SWEEP_INTERVAL_MS = 300;

/**
 * Minimum age of swept rows, in milliseconds: younger ones are probably being published by the instance that wrote
 * them.
 */
const SWEEP_AGE_MS = 300;

/** Delay of recording publications, for batching, in milliseconds: far below `SWEEP_AGE_MS`. */
const RECORD_DELAY_MS = 50;

const BATCH_SIZE = 500;

interface Dependencies {
  readonly database: Database;
  readonly bus: EventBus;
  readonly streamed: StreamedEvents;
  readonly catalogue: EventCatalogue;
  /** How long a credential issued before a revocation may remain valid, in seconds. */
  readonly revocationSeconds: number;
  readonly logger: Logger;
}

/**
 * Publishes events: directly after commit, or from the outbox after a crash, a Redis outage or a CLI command. At least
 * once. What one instance publishes is in the order in which it learnt of the commits; what it finds in the outbox, in the
 * order of the outbox, and first.
 *
 * Nothing orders what two instances publish: one that is paused, or cannot reach Redis, is overtaken by another. Nor is it
 * known when a COMMIT that was not answered takes effect. So the events of a session carry a number, by which those who
 * watch it put them in order.
 */
export class EventRelay {
  readonly #database: Database;
  readonly #bus: EventBus;
  readonly #streamed: StreamedEvents;
  readonly #catalogue: EventCatalogue;
  readonly #revocationSeconds: number;
  readonly #logger: Logger;
  readonly #sweep: Periodic;
  readonly #report = new OncePerMinute();
  /** Published events whose publication is not recorded yet. */
  #published: PublishedEvent[] = [];
  #recording: NodeJS.Timeout | null = null;
  /**
   * True while the outbox may hold unpublished events; new ones then queue behind them.
   */
  #behind = true;
  /** Events committed during a catch-up batch, which may not have read them; null outside a batch. */
  #held: RecordedEvent[] | null = null;

  constructor({ database, bus, streamed, catalogue, revocationSeconds, logger }: Dependencies) {
    this.#database = database;
    this.#bus = bus;
    this.#streamed = streamed;
    this.#catalogue = catalogue;
    this.#revocationSeconds = revocationSeconds;
    this.#logger = logger;
    this.#sweep = new Periodic({
      name: 'event relay',
      intervalMs: SWEEP_INTERVAL_MS,
      logger,
      work: () => this.#sweepOutbox(),
    });
  }

  /** Resolves after an attempt to publish the events in the outbox. */
  async start(): Promise<void> {
    await this.#sweepOutbox();
    this.#sweep.start();
  }

  async stop(): Promise<void> {
    await this.#sweep.stop();
    if (this.#recording !== null) clearTimeout(this.#recording);
    await this.#record();
  }

  /** Publishes newly committed events in the background: requests do not wait for Redis. */
  publishCommitted(events: readonly RecordedEvent[]): void {
    if (this.#behind) this.#held?.push(...events);
    else this.#publishDirectly(events);
  }

  /** The outbox may hold an event that was not published: later ones queue behind it. */
  fallBehind(): void {
    this.#behind = true;
    // A batch that is being read may not contain it.
    this.#held = null;
  }

  #publishDirectly(events: readonly RecordedEvent[]): void {
    this.#publish(events).then(
      (published) => this.#recordSoon(published),
      () => this.fallBehind(),
    );
  }

  async #publish(events: readonly RecordedEvent[]): Promise<PublishedEvent[]> {
    const positions = await this.#bus.publish(
      events.map((event) => ({
        id: event.id,
        messages: messagesOf(this.#catalogue, event, this.#revocationSeconds),
      })),
    );
    return events.flatMap((event, index) => {
      const position = positions[index];
      return position === undefined ? [] : [{ event, position }];
    });
  }

  #recordSoon(published: readonly PublishedEvent[]): void {
    this.#published.push(...published);
    this.#recording ??= setTimeout(() => {
      this.#recording = null;
      this.#record().catch((error: unknown) => {
        // They are still in the outbox, and are published again with the same ids and positions.
        this.#logger.debug({ err: error }, 'recording the publication of events failed');
      });
    }, RECORD_DELAY_MS);
  }

  async #record(): Promise<void> {
    const published = this.#published;
    this.#published = [];
    if (published.length > 0) await this.#streamed.recordPublications(published);
  }

  async #sweepOutbox(): Promise<void> {
    const catchingUp = this.#behind;
    try {
      let held: RecordedEvent[];
      let published: number | null;
      do {
        held = [];
        this.#held = held;
        published = await this.#publishBatch(catchingUp ? 0 : SWEEP_AGE_MS);
      } while (published === BATCH_SIZE);
      if (catchingUp && published !== null && this.#held === held) {
        // Only held events may remain: publish them before new ones; some may be published twice.
        this.#behind = false;
        this.#publishDirectly(held);
      }
    } catch (error) {
      this.fallBehind();
      if (error instanceof UnavailableError) return;
      this.#report.run((count) =>
        this.#logger.warn({ err: error, count }, 'events could not be published and remain in the outbox'),
      );
    } finally {
      this.#held = null;
    }
  }

  /**
   * Publishes a batch of events that are not younger than this, and returns its size; null if the relay of another instance
   * is active. The only transaction that waits for the network: for at most 250 ms, and no request waits for its locks.
   */
  #publishBatch(ageMs: number): Promise<number | null> {
    // Concurrent relays would publish a session's events out of order.
    return this.#database.runExclusively('event relay', async () => {
      const events: RecordedEvent[] = await this.#database.query(SELECT, [ageMs, BATCH_SIZE]);
      if (events.length === 0) return 0;
      await this.#streamed.recordPublications(await this.#publish(events));
      return events.length;
    });
  }
}

/** An event dated in the future is not young: the clock was set back, and nobody may be about to publish it. */
const SELECT = `
  SELECT e.id, e.type, e.data, e.occurred_at AS "occurredAt"
  FROM event_outbox o JOIN events e ON e.id = o.event_id
  WHERE $1::integer = 0
    OR e.occurred_at NOT BETWEEN clock_timestamp() - make_interval(secs => $1 / 1000.0) AND clock_timestamp()
  ORDER BY o.sequence LIMIT $2 FOR UPDATE OF o SKIP LOCKED`;

import type { EventBus } from '../core/event-bus.ts';
import { messagesOf } from '../core/event-messages.ts';
import type { RecordedEvent } from '../core/events.ts';
import type { EventId } from '../core/ids.ts';
import type { Logger } from '../core/ports.ts';
import type { Database } from './database/database.ts';
import { OncePerMinute } from './once-per-minute.ts';
import { Periodic } from './periodic.ts';

/** How often the outbox is looked through for what nobody has published, in milliseconds. */
const SWEEP_INTERVAL_MS = 400;

/** Marks younger than this are likely being published by the instance that made them, in milliseconds. */
const SWEEP_AGE_MS = 400;

/** How long marks of published events may stay, to be removed together, in milliseconds: far less than `SWEEP_AGE_MS`. */
const REMOVAL_DELAY_MS = 50;

const BATCH_SIZE = 500;

interface Dependencies {
  readonly database: Database;
  readonly bus: EventBus;
  /** How long what was issued before a revocation may live on, in seconds. */
  readonly revocationSeconds: number;
  readonly logger: Logger;
}

/**
 * Publishes events: at once after their commit, and otherwise, for what a crash, a command or a Redis that was away have
 * left, from their marks in the outbox. At least once, in order for each session.
 */
export class EventRelay {
  readonly #database: Database;
  readonly #bus: EventBus;
  readonly #revocationSeconds: number;
  readonly #logger: Logger;
  readonly #sweep: Periodic;
  readonly #report = new OncePerMinute();
  /** Published, and still marked. */
  #published: EventId[] = [];
  #removal: NodeJS.Timeout | null = null;
  /** Something could not be published: all that follows goes through the outbox too, or it would overtake. */
  #behind = false;

  constructor({ database, bus, revocationSeconds, logger }: Dependencies) {
    this.#database = database;
    this.#bus = bus;
    this.#revocationSeconds = revocationSeconds;
    this.#logger = logger;
    this.#sweep = new Periodic({
      name: 'event relay',
      intervalMs: SWEEP_INTERVAL_MS,
      logger,
      work: () => this.#sweepOutbox(),
    });
  }

  start(): void {
    this.#sweep.start();
  }

  async stop(): Promise<void> {
    await this.#sweep.stop();
    if (this.#removal !== null) clearTimeout(this.#removal);
    await this.#removeMarks();
  }

  /** Publishes what has just been committed, in the background: nobody waits for Redis. */
  publishCommitted(events: readonly RecordedEvent[]): void {
    if (this.#behind) return;
    this.#publish(events).then(
      () => this.#removeSoon(events),
      () => {
        this.#behind = true;
      },
    );
  }

  async #publish(events: readonly RecordedEvent[]): Promise<void> {
    const messages = events.flatMap((event) => messagesOf(event, this.#revocationSeconds));
    if (messages.length > 0) await this.#bus.publish(messages);
  }

  #removeSoon(events: readonly RecordedEvent[]): void {
    this.#published.push(...events.map(({ id }) => id));
    this.#removal ??= setTimeout(() => {
      this.#removal = null;
      this.#removeMarks().catch((error: unknown) => {
        // They stay marked and are published once more, under the same ids.
        this.#logger.debug({ err: error }, 'marks of published events could not be removed');
      });
    }, REMOVAL_DELAY_MS);
  }

  async #removeMarks(): Promise<void> {
    const ids = this.#published;
    this.#published = [];
    if (ids.length > 0) await this.#database.query((manager) => manager.query(REMOVE, [ids]));
  }

  async #sweepOutbox(): Promise<void> {
    try {
      while ((await this.#publishBatch()) === BATCH_SIZE);
      this.#behind = false;
    } catch (error) {
      this.#behind = true;
      this.#report.run(() =>
        this.#logger.warn({ err: error }, 'events wait in the outbox: they cannot be published'),
      );
    }
  }

  /** The one transaction that waits for the network: for 250 ms at most, and its locks are nobody else's business. */
  #publishBatch(): Promise<number | null> {
    // Two relays at once would publish one session's events out of order.
    return this.#database.runExclusively('event relay', async () => {
      const events: RecordedEvent[] = await this.#database.query((manager) =>
        manager.query(SELECT, [SWEEP_AGE_MS, BATCH_SIZE]),
      );
      if (events.length === 0) return 0;
      await this.#publish(events);
      await this.#database.query((manager) => manager.query(REMOVE, [events.map(({ id }) => id)]));
      return events.length;
    });
  }
}

const SELECT = `
  SELECT e.id, e.type, e.data, e.occurred_at AS "occurredAt"
  FROM event_outbox o JOIN events e ON e.id = o.event_id
  WHERE e.occurred_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)
  ORDER BY o.sequence LIMIT $2 FOR UPDATE OF o SKIP LOCKED`;

/** An event that is not kept goes with its mark. */
const REMOVE = `
  WITH marks AS (DELETE FROM event_outbox WHERE event_id = ANY($1))
  DELETE FROM events WHERE id = ANY($1) AND NOT kept`;

import { UnavailableError } from '../../core/errors.ts';
import type { EventBus } from '../../core/event-bus.ts';
import { messagesOf } from '../../core/event-messages.ts';
import type { EventCatalogue, RecordedEvent } from '../../core/events.ts';
import type { EventId } from '../../core/ids.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Database } from '../database/database.ts';
import { Periodic } from '../periodic.ts';

/** How often the outbox is looked through for what nobody has published, in milliseconds. */
const SWEEP_INTERVAL_MS = 300;

/** Marks younger than this are likely being published by the instance that made them, in milliseconds. */
const SWEEP_AGE_MS = 300;

/** For catching up: marks of any age. Dates are rounded to the millisecond, some into the future. */
const ANY_AGE_MS = -1;

/** How long marks of published events may stay, to be removed together, in milliseconds: far less than `SWEEP_AGE_MS`. */
const REMOVAL_DELAY_MS = 50;

const BATCH_SIZE = 500;

interface Dependencies {
  readonly database: Database;
  readonly bus: EventBus;
  readonly catalogue: EventCatalogue;
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
  readonly #catalogue: EventCatalogue;
  readonly #revocationSeconds: number;
  readonly #logger: Logger;
  readonly #sweep: Periodic;
  readonly #report = new OncePerMinute();
  /** Published, and still marked. */
  #published: EventId[] = [];
  #removal: NodeJS.Timeout | null = null;
  /**
   * The outbox holds what could not be published, or may hold what was left before our start: all that follows goes
   * through it too, or it would overtake.
   */
  #behind = true;
  /** While a round of catching up is under way: committed since it began, too late to be sure that it finds them. */
  #held: RecordedEvent[] | null = null;

  constructor({ database, bus, catalogue, revocationSeconds, logger }: Dependencies) {
    this.#database = database;
    this.#bus = bus;
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

  /** Resolves when it has caught up with what was left, where that could be published. */
  async start(): Promise<void> {
    await this.#sweepOutbox();
    this.#sweep.start();
  }

  async stop(): Promise<void> {
    await this.#sweep.stop();
    if (this.#removal !== null) clearTimeout(this.#removal);
    await this.#removeMarks();
  }

  /** Publishes what has just been committed, in the background: nobody waits for Redis. */
  publishCommitted(events: readonly RecordedEvent[]): void {
    if (this.#behind) this.#held?.push(...events);
    else this.#publishDirectly(events);
  }

  #publishDirectly(events: readonly RecordedEvent[]): void {
    this.#publish(events).then(
      () => this.#removeSoon(events),
      () => {
        this.#behind = true;
      },
    );
  }

  async #publish(events: readonly RecordedEvent[]): Promise<void> {
    const messages = events.flatMap((event) => messagesOf(this.#catalogue, event, this.#revocationSeconds));
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
    const catchingUp = this.#behind;
    try {
      let held: RecordedEvent[];
      let published: number | null;
      do {
        held = [];
        this.#held = held;
        published = await this.#publishBatch(catchingUp ? ANY_AGE_MS : SWEEP_AGE_MS);
      } while (published === BATCH_SIZE);
      if (catchingUp && published !== null) {
        // The outbox is empty but for what was held: that goes before anything new, some of it once more.
        this.#behind = false;
        this.#publishDirectly(held);
      }
    } catch (error) {
      this.#behind = true;
      if (error instanceof UnavailableError) return;
      this.#report.run((count) =>
        this.#logger.warn({ err: error, count }, 'events wait in the outbox: they cannot be published'),
      );
    } finally {
      this.#held = null;
    }
  }

  /**
   * The one transaction that waits for the network: for 250 ms at most, and its locks are nobody else's business. Null: the
   * relay of another instance is at it.
   */
  #publishBatch(ageMs: number): Promise<number | null> {
    // Two relays at once would publish one session's events out of order.
    return this.#database.runExclusively('event relay', async () => {
      const events: RecordedEvent[] = await this.#database.query((manager) =>
        manager.query(SELECT, [ageMs, BATCH_SIZE]),
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

import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { DeferredRequestHandlers } from '../core/deferred-requests.ts';
import type { EventBus } from '../core/event-bus.ts';
import type { EventCatalogue, NewEvent, RecordedEvent } from '../core/events.ts';
import type { MailTransport } from '../core/mail.ts';
import type { Logger } from '../core/ports.ts';
import type { Purge } from '../core/purge.ts';
import type { RateLimiter } from '../core/rate-limits.ts';
import { acceptedSeconds } from '../modules/access-tokens/index.ts';
import type { HashPool } from '../modules/passwords/index.ts';
import type { Database } from '../platform/database/database.ts';
import { DatabaseEventLog } from '../platform/events/event-log.ts';
import { EventRelay } from '../platform/events/event-relay.ts';
import { StreamedEvents } from '../platform/events/streamed-events.ts';
import { LoggedCounters } from '../platform/logged-counters.ts';
import { eventCatalogue, features } from './features/index.ts';

interface Platform {
  readonly config: Config;
  readonly database: Database;
  readonly bus: EventBus;
  readonly limiter: RateLimiter;
  readonly mail: MailTransport;
  readonly pool: HashPool;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Surroundings extends Platform {
  /** How suspicious sign-ins wait, in milliseconds. */
  readonly delay?: (ms: number) => Promise<unknown>;
}

/** Factory of one part of the application. The function itself is the part's key. */
export type PartDefinition<Part> = (parts: Parts) => Part;

/** The parts of one application: the platform, and the parts of features, each created once, on first use. */
export class Parts implements Platform {
  readonly config: Config;
  readonly database: Database;
  readonly bus: EventBus;
  readonly limiter: RateLimiter;
  readonly mail: MailTransport;
  readonly pool: HashPool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly delay: (ms: number) => Promise<unknown>;
  readonly eventCatalogue: EventCatalogue = eventCatalogue;
  /** Of all features. */
  readonly deferredRequestHandlers = (): DeferredRequestHandlers =>
    Object.assign({}, ...features.map((feature) => feature.deferredRequests?.(this)));
  /** Of all features. */
  readonly purges = (): Purge[] => features.flatMap((feature) => feature.purges?.(this) ?? []);
  readonly streamedEvents: StreamedEvents;
  readonly relay: EventRelay;
  readonly events: DatabaseEventLog;
  readonly counters: LoggedCounters;
  readonly #created = new Map<PartDefinition<unknown>, unknown>();

  constructor({ delay = sleep, ...platform }: Surroundings) {
    this.config = platform.config;
    this.database = platform.database;
    this.bus = platform.bus;
    this.limiter = platform.limiter;
    this.mail = platform.mail;
    this.pool = platform.pool;
    this.clock = platform.clock;
    this.logger = platform.logger;
    this.delay = delay;
    const revocationSeconds = acceptedSeconds(this.config.tokens.accessTtlSeconds);
    this.streamedEvents = new StreamedEvents({
      database: this.database,
      catalogue: eventCatalogue,
      statementTimeoutMs: this.config.databaseTimeoutMs,
    });
    const streamed = this.streamedEvents;
    this.relay = new EventRelay({ ...platform, streamed, catalogue: eventCatalogue, revocationSeconds });
    this.events = new DatabaseEventLog({
      database: this.database,
      catalogue: eventCatalogue,
      onRecorded: features.flatMap(({ onRecorded }) =>
        onRecorded === undefined ? [] : [(events: readonly NewEvent[]) => onRecorded(this, events)],
      ),
      onUncertain: () => this.relay.fallBehind(),
      onCommitted: [
        (events) => this.relay.publishCommitted(events),
        ...features.map(
          (feature) => (events: readonly RecordedEvent[]) => feature.onCommitted?.(this, events),
        ),
      ],
    });
    this.counters = new LoggedCounters(this.logger);
  }

  /** @throws {Error} if the definition depends on itself. */
  get<Part>(definition: PartDefinition<Part>): Part {
    if (!this.#created.has(definition)) {
      this.#created.set(definition, CREATING);
      this.#created.set(definition, definition(this));
    }
    const part = this.#created.get(definition);
    if (part === CREATING) throw new Error(`circular dependency: ${definition.name}`);
    return part as Part;
  }
}

const CREATING = Symbol('creating');

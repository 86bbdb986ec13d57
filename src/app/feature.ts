import type { DeferredRequestHandlers } from '../core/deferred-requests.ts';
import type { EventCatalogue, NewEvent, RecordedEvent } from '../core/events.ts';
import type { Purge } from '../core/purge.ts';
import type { EntityFinders } from '../graphql/schema/entities.ts';
import type { FieldScopes } from '../graphql/schema/field-scopes.ts';
import type { ResolverMap } from '../graphql/schema/resolvers.ts';
import type { Entities } from '../platform/database/data-source.ts';
import type { PersonalRows } from '../platform/database/personal-rows.ts';
import type { Parts } from './parts.ts';

/** A background job. Jobs start in the order of the features and stop in reverse. */
export interface Job {
  readonly name: string;
  start?(): void | Promise<void>;
  stop(): Promise<unknown>;
}

/** A module's contribution to the application. */
export interface Feature {
  readonly entities?: Entities;
  readonly fieldScopes?: FieldScopes;
  /** Its rows about one person, for the export of personal data. */
  personalData?(parts: Parts): readonly PersonalRows[];
  /** The event types that it records. */
  readonly events?: Partial<EventCatalogue>;
  resolvers?(parts: Parts): readonly ResolverMap[];
  /** Finds the entities that it owns, for `_entities`. */
  finders?(parts: Parts): EntityFinders;
  jobs?(parts: Parts): readonly Job[];
  /** What it deletes once it is no longer needed: the cleanup job runs the purges of all features. */
  purges?(parts: Parts): readonly Purge[];
  /** Handlers of the deferred requests that it adds. */
  deferredRequests?(parts: Parts): Partial<DeferredRequestHandlers>;
  /** Called with the events of each transaction, of all features, before it commits. */
  onRecorded?(parts: Parts, events: readonly NewEvent[]): Promise<void>;
  /** Called after each commit with the events of the transaction, of all features. */
  onCommitted?(parts: Parts, events: readonly RecordedEvent[]): void;
  /** Ends long-lived streams before the server closes. */
  drain?(parts: Parts): Promise<unknown>;
}

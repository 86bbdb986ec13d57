/** The outcome of a request. Neither the request nor the outcome can be read from it. */
export interface KeptOutcome {
  readonly id: Buffer;
  readonly sealed: Buffer;
}

/** Storage of outcomes, for a fixed time. */
export interface KeptOutcomeStore {
  /** Within a transaction. False if one is kept already; waits for a concurrent transaction that keeps it. */
  insert(outcome: KeptOutcome): Promise<boolean>;
  /** The outcome of one of these ids; null if none is kept. */
  find(ids: readonly Buffer[]): Promise<KeptOutcome | null>;
  /** Deletes up to `limit` outcomes whose time is over. */
  purge(limit: number): Promise<number>;
}

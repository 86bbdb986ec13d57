/** Deletes rows that are no longer needed. */
export interface Purge {
  /** What it deletes, in the plural. */
  readonly what: string;
  /** Deletes up to `limit` rows within a transaction, and returns their number. */
  run(limit: number): Promise<number>;
}

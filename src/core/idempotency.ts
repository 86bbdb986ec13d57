/** A mutation of a request with an idempotency key. The same again is a repeat. */
export interface RepeatableRequest {
  /** The client's secret name for the request. */
  readonly key: string;
  /** The mutation, and its place in the answer. */
  readonly mutation: readonly string[];
  readonly args: unknown;
  /** What shows that a repeat has the same sender; null if the arguments do. */
  readonly proof: string | null;
}

/** Performs requests once: a repeat within ten minutes gets the outcome of the first. */
export interface Idempotency {
  /** `restore` makes the outcome of what was kept, where they differ. */
  once<Outcome>(
    request: RepeatableRequest,
    work: () => Promise<Outcome>,
    restore?: (kept: never) => Promise<Outcome>,
  ): Promise<Outcome>;
}

/** Keeps outcomes for repeats of their requests. */
export interface Outcomes {
  /**
   * Keeps the outcome of the current request, and returns it. Call it last in the transaction of the effect, so that both or neither
   * are committed. The outcome is plain data. Does nothing without an idempotency key.
   */
  keep<Outcome extends object>(outcome: Outcome): Promise<Outcome>;
}

/** What a use case may ask about the request that it serves. */
export interface ClientRequest {
  /**
   * Upper bound of the time since the request had arrived completely, in milliseconds: an instance that was frozen reads what
   * has waited for it later.
   */
  maxWaitMs(): number;
  /** Whether the client has closed its connection, so that no response can reach it. */
  isAbandoned(): boolean;
}

/** For calls without a connection, such as those of operator commands. */
export const immediateRequest: ClientRequest = { maxWaitMs: () => 0, isAbandoned: () => false };

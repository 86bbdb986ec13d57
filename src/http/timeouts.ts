/** How long clients are given, in milliseconds. */
export interface Timeouts {
  /** For a request to arrive, head and body. */
  readonly requestMs: number;
  /** Between two checks of that. Node's default is 30 s, by which a slow request would live the longer. */
  readonly requestCheckMs: number;
  /** For a first `connection_init` on a WebSocket. Apollo Router sends it at once. */
  readonly connectionInitMs: number;
  /** For a first `subscribe` on a WebSocket: an idle socket costs memory. */
  readonly firstSubscribeMs: number;
  /** Between two pings of a WebSocket: below the idle timeouts of common proxies. */
  readonly pingMs: number;
}

export const TIMEOUTS: Timeouts = {
  requestMs: 10_000,
  requestCheckMs: 1_000,
  connectionInitMs: 3_000,
  firstSubscribeMs: 10_000,
  pingMs: 12_000,
};

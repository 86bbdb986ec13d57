/** Time limits for clients, in milliseconds. */
export interface Timeouts {
  /** For receiving a request, headers and body. */
  readonly requestMs: number;
  /** Between two checks of `requestMs`. Node's default is 30 s, which a slow request could use up in addition. */
  readonly requestCheckMs: number;
  /** From opening a WebSocket to `connection_init`. Apollo Router sends it at once. */
  readonly connectionInitMs: number;
  /** From opening a WebSocket to the first `subscribe`: an idle socket costs memory. */
  readonly firstSubscribeMs: number;
  /** Between two pings on a WebSocket: below the idle timeouts of common proxies. */
  readonly pingMs: number;
}

export const TIMEOUTS: Timeouts = {
  requestMs: 10_000,
  requestCheckMs: 1_000,
  connectionInitMs: 3_000,
  firstSubscribeMs: 10_000,
  pingMs: 12_000,
};

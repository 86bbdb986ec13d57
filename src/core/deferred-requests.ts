import type { Origin } from './principal.ts';

/** The data of each kind of deferred request. Modules extend it by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: core declares no kinds; modules do.
export interface DeferredRequestData {}

export type DeferredRequestKind = keyof DeferredRequestData;

/** What is done with each kind, in a transaction. */
export type DeferredRequestHandlers = {
  readonly [K in DeferredRequestKind]: (data: DeferredRequestData[K], origin: Origin) => Promise<void>;
};

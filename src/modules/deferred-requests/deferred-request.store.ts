import type { DeferredRequestData, DeferredRequestKind } from '../../core/deferred-requests.ts';
import type { DeferredRequestId } from '../../core/ids.ts';
import type { Origin } from '../../core/principal.ts';

export type DeferredRequest = {
  readonly [K in DeferredRequestKind]: {
    readonly id: DeferredRequestId;
    readonly kind: K;
    readonly data: DeferredRequestData[K];
    readonly origin: Origin;
    /** How often it has failed. */
    readonly attempts: number;
  };
}[DeferredRequestKind];

/** Storage of deferred requests. */
export interface DeferredRequestStore {
  insert(request: Omit<DeferredRequest, 'attempts'>): Promise<void>;
  /** Deletes and returns the oldest one that is due and that no other instance works on. */
  takeNext(): Promise<DeferredRequest | null>;
  /** Counts a failure, and makes it due again after so many seconds. */
  postpone(id: DeferredRequestId, seconds: number): Promise<void>;
  delete(id: DeferredRequestId): Promise<void>;
}

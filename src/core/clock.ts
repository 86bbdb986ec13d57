/**
 * This process's clock. Stored sessions expire by the database's clock instead, so that replicas whose clocks differ
 * agree on which are active.
 */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

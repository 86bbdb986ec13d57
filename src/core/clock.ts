/**
 * This process's clock. It dates access tokens only; every stored expiry is decided by the database's clock, so that
 * replicas whose clocks disagree still agree on who is signed in.
 */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

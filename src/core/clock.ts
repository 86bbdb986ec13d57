/** A clock. Services have that of the database, so that instances on machines whose clocks differ agree on what has expired. */
export interface Clock {
  now(): Date;
}

/** This machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/** How much the long tests do: enough to find a mistake by day, more with NIGHTLY=1. */
export const NIGHTLY = process.env['NIGHTLY'] === '1';

const amount = (byDay: number, byNight: number) => (NIGHTLY ? byNight : byDay);

/** Random histories of one user's sessions. */
export const MODEL_RUNS = amount(300, 2_000);
/** Generations for which a hundred clients present one refresh token at once, to one instance or to two. */
export const REFRESH_ROUNDS = amount(8, 50);
/** Sessions terminated on one instance and looked at on another. */
export const TERMINATIONS = amount(20, 200);
/** Tokens of each kind of ending that are looked at on two instances. */
export const TOKEN_ROUNDS = amount(3, 30);
/** Races of each operation with the end of its session. */
export const RACES = amount(3, 500);
/** Accounts disabled while their session refreshes. */
export const DISABLED_DURING_REFRESH = amount(100, 500);
/** Processes that are killed at a random moment. */
export const KILLS = amount(4, 60);
/** Short pauses of one of two processes. */
export const PAUSES = amount(15, 300);
/** Addresses of a credential stuffing run, with two hundred pairs each. */
export const STUFFING_ADDRESSES = amount(5, 50);
/** Random queries and mutations, and random subscriptions. */
export const RANDOM_OPERATIONS = amount(400, 20_000);
export const RANDOM_STREAMS = amount(200, 2_000);
/** Streams of one user's sessions at once. */
export const STREAMS_AT_ONCE = amount(200, 1_000);
/** Random personal access tokens. */
export const RANDOM_TOKENS = amount(300, 5_000);
/** Requests that others make while Redis is away, and how many a second. */
export const REQUESTS_DURING_FAULT = amount(80, 3_000);
export const REQUESTS_PER_SECOND = amount(20, 50);

/** Requests of each kind that are refused since the database is away, fifty at a time. */
export const REFUSED_REQUESTS = amount(100, 1_000);

/** Sessions that are created while streams expire, and how often each of the streams does. */
export const SESSIONS_DURING_EXPIRIES = amount(120, 500);
export const EXPIRIES = amount(3, 20);
/** Connections to Redis that break while a stream is open. */
export const BREAKS = amount(10, 100);

/** Lost answers of each mutation. */
export const LOST_REPLIES = amount(2, 100);

/** One of `ways` parts of the items by day, all by night: each turn gets the next part, so that so many turns get all. */
export function partOf<Item>(items: readonly Item[], ways: number, turn: number): Item[] {
  return items.filter((_, i) => NIGHTLY || i % ways === turn % ways);
}

/** Introspections of one token. */
export const INTROSPECTIONS = amount(1_000, 10_000);

/** Sessions whose end another process hears of. */
export const REVOCATIONS_HEARD = amount(20, 500);

/** Rotations of the signing key, the requests that are answered after each step, and how many a second are sent: restarts take some. */
export const ROTATIONS = amount(1, 10);
export const ANSWERS_PER_STEP = amount(100, 4_000);
export const ROTATED_REQUESTS_PER_SECOND = amount(50, 220);

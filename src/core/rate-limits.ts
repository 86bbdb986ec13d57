/** At most `limit` units in every interval of `windowSeconds`. */
export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/**
 * Every limit by operation and subject, and what it counts, in words for operators. An `address` is an IPv4 address or an IPv6
 * /64 network. The defaults let an office of a thousand people behind one address sign in within twenty minutes, and a script
 * retry after a mistake.
 */
export const defaultRateLimits = {
  // A guesser gets no more than one attempt a second, on all accounts together.
  'login.address': { limit: 300, windowSeconds: 300, counts: 'sign-ins from one address, successful or not' },
  // Wrong passwords lock the identifier long before.
  'login.identifier': {
    limit: 30,
    windowSeconds: 300,
    counts: 'sign-ins with one e-mail address or username, successful or not',
  },
  // A class that signs up together.
  'signup.address': { limit: 50, windowSeconds: 3_600, counts: 'sign-ups from one address' },
  'signup.identifier': { limit: 5, windowSeconds: 3_600, counts: 'sign-ups with one e-mail address' },
  'password.user': {
    limit: 20,
    windowSeconds: 300,
    counts: 'password checks of a signed-in user (reauthenticate, changePassword)',
  },
  // A thousand people with two sessions each refresh 400 times a minute.
  'refresh.address': { limit: 2_000, windowSeconds: 60, counts: 'refreshes from one address' },
  'tokens.user': {
    limit: 30,
    windowSeconds: 3_600,
    counts: 'personal access tokens that one user creates or rotates',
  },
  'requests.token': {
    limit: 1_000,
    windowSeconds: 60,
    counts: 'requests with one personal access token, or exchanged for it',
  },
  'clients.address': {
    limit: 600,
    windowSeconds: 60,
    counts:
      'service clients that are looked up for requests from one address: an instance remembers them for a minute',
  },
  // A client keeps a token for five minutes; one that acts for users gets one for each.
  'tokens.client': {
    limit: 6_000,
    windowSeconds: 60,
    counts:
      'tokens issued to one service client, tokens that it revokes, and assertions by which it authenticates',
  },
  // A scanner of repositories reports many.
  'leaks.address': { limit: 120, windowSeconds: 60, counts: 'reports of leaked tokens from one address' },
  // An office of which everybody has forgotten the password; a script that writes to strangers.
  'mail.address': {
    limit: 100,
    windowSeconds: 3_600,
    counts:
      'requests from one address for a message (verification, reset, e-mail change, sign-up where it sends one)',
  },
  'redeem.address': {
    limit: 300,
    windowSeconds: 300,
    counts: 'links of messages opened from one address, valid or not',
  },
  // Clients reconnect all at once after a deployment.
  'sockets.address': {
    limit: 600,
    windowSeconds: 60,
    counts: 'WebSockets opened from one address without ROUTER_SECRET, and streams at `/graphql/stream`',
  },
  'entities.address': {
    limit: 60_000,
    windowSeconds: 60,
    counts: 'references in _entities from one address, without ROUTER_SECRET',
  },
} as const satisfies Readonly<Record<string, RateLimit & { readonly counts: string }>>;

export type LimitName = keyof typeof defaultRateLimits;

/** Null: no limits. */
export type RateLimitTable = Readonly<Record<LimitName, RateLimit>> | null;

/** A use of `cost` units that `key` counts against `limit`. More than the limit counts as the limit. */
export interface Charge {
  readonly key: string;
  readonly limit: RateLimit;
  readonly cost: number;
}

/** Null if all charges were made; otherwise none was, and `refused` is the index of the one with the longest wait. */
export type Refusal = { readonly refused: number; readonly retryAfterSeconds: number } | null;

/** Counts uses of limits, and the distinct members that were seen for a key. */
export interface RateLimiter {
  /** Makes all charges or, if one exceeds its limit, none. Never throws, and takes at most 250 ms. */
  charge(charges: readonly Charge[]): Promise<Refusal>;
  /**
   * Adds `member`, if not null, to those of `key`, and returns how many were seen within the window, at most
   * `MAX_MEMBERS`. Never throws, and takes at most 250 ms.
   */
  countDistinct(key: string, member: string | null, windowSeconds: number): Promise<number>;
  /** Removes a member. Never throws, and takes at most 250 ms. */
  forgetMember(key: string, member: string): Promise<void>;
}

/** Members of a key beyond this number are not kept. */
export const MAX_MEMBERS = 100;

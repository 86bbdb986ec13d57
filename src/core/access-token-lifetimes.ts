/** Seconds for which verifiers without a feed of revocations accept a token of an ended session, unless the operator allows more. */
export const ORDINARY_TTL_SECONDS = 300;

/** The longest lifetime that an operator may allow, in seconds. */
export const MAX_TTL_SECONDS = 3_600;

/** The longest lifetime of tokens that an instance accepts: those of instances that issue longer ones too, up to the ordinary one. */
export const longestLifetimeSeconds = (ttlSeconds: number) => Math.max(ttlSeconds, ORDINARY_TTL_SECONDS);

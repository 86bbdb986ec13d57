export type { OneTimeToken, OneTimeTokenPurpose } from './one-time-token.store.ts';
export { type ExpiredToken, type InvalidToken, OneTimeTokens } from './one-time-tokens.ts';

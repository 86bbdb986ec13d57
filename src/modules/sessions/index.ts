export type { AuthenticationMethodReference } from './authentication-method.ts';
export { lostEndings } from './lost-endings.ts';
export { RefreshService } from './refresh.service.ts';
export { RefreshSteps } from './refresh-steps.ts';
export { createRefreshTokens, looksLikeRefreshToken } from './refresh-token.ts';
export { requestedBy } from './requested-by.ts';
export { SessionService } from './session.service.ts';
export type { SessionStore } from './session.store.ts';
export {
  KNOWN_SECONDS,
  REAUTHENTICATION_WINDOW_SECONDS,
  type RefreshTokenTransport,
  type Session,
  type SessionLimits,
} from './session.ts';
export { SessionActivity } from './session-activity.ts';
export { SessionQueries } from './session-queries.ts';
export { SessionStreams } from './session-streams.ts';
export { SessionSweep } from './session-sweep.ts';
export { type IssuedTokens, SessionTokens } from './session-tokens.ts';
export { SessionUse } from './session-use.ts';

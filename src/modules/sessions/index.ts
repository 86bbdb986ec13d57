export { AccessTokenVerifier } from './access-token.verifier.ts';
export type { AuthenticationMethod, AuthenticationMethodReference } from './authentication-method.ts';
export { describeDevice, type SessionDevice, type SessionDeviceKind } from './device.ts';
export { createRefreshSession, type RefreshOutcome, type RefreshSession } from './refresh.service.ts';
export {
  createRefreshTokens,
  type ParsedRefreshToken,
  type RefreshTokens,
  refreshSaltBytes,
} from './refresh-token.ts';
export { SessionService, type TerminateOthersOutcome, type TerminateOutcome } from './session.service.ts';
export type { SessionStore } from './session.store.ts';
export {
  idleExpiresAt,
  REAUTHENTICATION_WINDOW_SECONDS,
  type RefreshTokenTransport,
  type Session,
  type SessionLimits,
  type SessionStatus,
  statusOf,
} from './session.ts';
export { SessionActivity } from './session-activity.ts';
export type { SessionChange, SessionChangeKind } from './session-change.ts';
export type { SessionEndReason } from './session-end-reason.ts';
export { SessionQueries } from './session-queries.ts';
export { SessionStreams } from './session-streams.ts';
export { SessionSweep } from './session-sweep.ts';
export { type IssuedTokens, SessionTokens } from './session-tokens.ts';

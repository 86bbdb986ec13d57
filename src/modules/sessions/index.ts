export { SessionAuthenticator } from './authenticator.ts';
export { describeDevice, type SessionDevice, type SessionDeviceKind } from './device.ts';
export { EndedSessions } from './ended-sessions.ts';
export { createRefreshSession, type RefreshOutcome, type RefreshSession } from './refresh.service.ts';
export {
  idleExpiresAt,
  REAUTHENTICATION_WINDOW_SECONDS,
  type RefreshTokenTransport,
  type Session,
  type SessionLimits,
  type SessionStatus,
  statusOf,
} from './session.ts';
export { SessionService, type TerminateOthersOutcome, type TerminateOutcome } from './session.service.ts';
export type { SessionStore } from './session.store.ts';
export type { SessionEndReason } from './session-end-reason.ts';
export { SessionEndings } from './session-endings.ts';
export { type IssuedTokens, SessionTokens } from './session-tokens.ts';

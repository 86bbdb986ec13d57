import type { SessionEndReason } from '../generated.ts';

const REASONS: Readonly<Record<SessionEndReason, string>> = {
  LOGOUT: 'signed out.',
  TERMINATED_BY_USER: 'ended by the user from another session.',
  TERMINATED_BY_ADMIN: 'ended by an administrator.',
  IDLE_TIMEOUT: 'not used for too long.',
  EXPIRED: 'reached its maximum lifetime.',
  SESSION_LIMIT: 'replaced by a newer sign-in, beyond the limit of sessions.',
  PASSWORD_CHANGED: 'the password was changed.',
  REAUTHENTICATED: 'replaced after the password was entered again.',
  EMAIL_VERIFIED: 'the email address was confirmed.',
  TOKEN_REUSED: 'an old refresh token was used again; it may have been stolen.',
  ACCOUNT_DISABLED: 'the account was disabled.',
  ACCOUNT_DELETED: 'the account was deleted.',
  UNKNOWN: 'the database has lost why.',
};

/** Of personal access tokens only; the others are those of sessions. */
const TOKEN_REASONS = {
  REVOKED: 'revoked by the owner or an administrator.',
  ROTATED: 'replaced by a new token.',
  LEAKED: 'found where others could read it.',
};

const ALL: Readonly<Record<string, string>> = { ...REASONS, ...TOKEN_REASONS };

/** Why a session or a personal access token ended, to follow a colon. New reasons may be added to the API. */
export function endedBecause(reason: SessionEndReason | string): string {
  return ALL[reason] ?? `${reason}.`;
}

/** The same as a sentence. */
export function endedSentence(reason: SessionEndReason | string): string {
  const words = endedBecause(reason);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

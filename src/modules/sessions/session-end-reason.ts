/** Every reason for which a session ends. Stored with its end and shown to its owner. */
export const SESSION_END_REASONS = [
  'LOGOUT',
  'TERMINATED_BY_USER',
  'TERMINATED_BY_ADMIN',
  'IDLE_TIMEOUT',
  'EXPIRED',
  'SESSION_LIMIT',
  'PASSWORD_CHANGED',
  'REAUTHENTICATED',
  'EMAIL_VERIFIED',
  'TOKEN_REUSED',
  'ACCOUNT_DISABLED',
  'ACCOUNT_DELETED',
  'UNKNOWN',
] as const;

export type SessionEndReason = (typeof SESSION_END_REASONS)[number];

/** The reason of that name; `UNKNOWN` if there is none. */
export function knownEndReason(name: string | undefined): SessionEndReason {
  return SESSION_END_REASONS.find((reason) => reason === name) ?? 'UNKNOWN';
}

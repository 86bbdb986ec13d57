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
  'TOKEN_REUSED',
  'ACCOUNT_DISABLED',
] as const;

export type SessionEndReason = (typeof SESSION_END_REASONS)[number];

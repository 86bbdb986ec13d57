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
] as const;

export type SessionEndReason = (typeof SESSION_END_REASONS)[number];

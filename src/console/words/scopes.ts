/** What each page requires, in the order of the menu. */
export const PAGE_SCOPES = {
  users: 'users:read',
  live: 'sessions:read:any',
  audit: 'audit:read',
} as const;

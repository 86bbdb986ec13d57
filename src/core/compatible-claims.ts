/** Claims that access tokens may carry beside their own, for back-ends that read those of an earlier system. */
export const COMPATIBLE_CLAIMS = ['user_id', 'username', 'email', 'is_admin'] as const;

export type CompatibleClaim = (typeof COMPATIBLE_CLAIMS)[number];

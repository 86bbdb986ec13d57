import type { IssuedAccessToken } from './index.ts';

/** `AccessTokenIssued` of the schema. */
export const accessTokenIssued = ({ accessToken, expiresAt, scopes }: IssuedAccessToken) => ({
  __typename: 'AccessTokenIssued' as const,
  accessToken,
  accessTokenExpiresAt: expiresAt,
  scopes: [...scopes],
});

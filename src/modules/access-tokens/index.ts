export type { AccessTokens, IssuedAccessToken, SignedToken } from './access-token.ts';
export { acceptedSeconds, createAccessTokens, ISSUED_AHEAD } from './access-token.ts';
export { AccessTokenVerifier } from './access-token.verifier.ts';
export {
  type ExchangedTokenClaims,
  FIRST_PARTY_CLIENT_ID,
  type SessionTokenClaims,
} from './access-token-claims.ts';
export { IssuerAnnouncements } from './issuer-announcements.ts';
export { claimsOf, readJwsHeader, verifyJws } from './jws.ts';
export { rememberVerified } from './remember-verified.ts';

export type { AccessTokens } from './access-token.ts';
export { acceptedSeconds, createAccessTokens, ISSUED_AHEAD } from './access-token.ts';
export { AccessTokenVerifier } from './access-token.verifier.ts';
export type { ExchangedTokenClaims, SessionTokenClaims } from './access-token-claims.ts';
export { IssuerAnnouncements } from './issuer-announcements.ts';
export { rememberVerified } from './remember-verified.ts';

export type { AccessTokenInput, AccessTokens, AccessTokenVerification } from './access-token.ts';
export { clockToleranceSeconds, createAccessTokens } from './access-token.ts';
export type { AccessTokenClaims } from './access-token-claims.ts';
export type { ParsedRefreshToken, RefreshTokens } from './refresh-token.ts';
export { createRefreshTokens, refreshSaltBytes } from './refresh-token.ts';
export { rememberVerified } from './remember-verified.ts';
export type { PublicJwk, SigningAlgorithm, SigningKey } from './signing-key.ts';
export { generateSigningKeyPem, parseSigningKey } from './signing-key.ts';

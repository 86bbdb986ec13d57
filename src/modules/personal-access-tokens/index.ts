export { ExpiryNotices } from './expiry-notices.ts';
export { lostRevocations } from './lost-revocations.ts';
export { PersonalAccessTokenService } from './personal-access-token.service.ts';
export { PersonalAccessTokenVerifier, tokenMemorySeconds } from './personal-access-token.verifier.ts';
export { TokenExchange } from './token-exchange.ts';
export { looksLikeToken } from './token-format.ts';
export { TokenUsage } from './token-usage.ts';

export { PersonalAccessTokenService, type TokenLimits } from './personal-access-token.service.ts';
export type { PersonalAccessTokenStore } from './personal-access-token.store.ts';
export {
  type PersonalAccessToken,
  type PersonalAccessTokenStatus,
  statusOf as statusOfToken,
} from './personal-access-token.ts';
export { PersonalAccessTokenVerifier, tokenMemorySeconds } from './personal-access-token.verifier.ts';
export { TokenUsage } from './token-usage.ts';

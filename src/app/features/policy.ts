import { PASSWORD_MAX_LENGTH } from '../../modules/passwords/index.ts';
import { policyResolvers } from '../../modules/policy/policy.resolvers.ts';
import { REAUTHENTICATION_WINDOW_SECONDS } from '../../modules/sessions/index.ts';
import type { Feature } from '../feature.ts';

export const policy: Feature = {
  resolvers: ({
    config: { passwords, sessions, tokens, personalAccessTokens, emailVerificationRequired },
  }) => [
    policyResolvers({
      accessTokenTtlSeconds: tokens.accessTtlSeconds,
      sessionIdleTimeoutSeconds: sessions.idleTimeoutSeconds,
      sessionLifetimeSeconds: sessions.lifetimeSeconds,
      maxSessionsPerUser: sessions.maxPerUser,
      passwordMinLength: passwords.minLength,
      passwordMaxLength: PASSWORD_MAX_LENGTH,
      personalAccessTokenMaxDays: personalAccessTokens.maxDays,
      emailVerificationRequired,
      reauthenticationWindowSeconds: REAUTHENTICATION_WINDOW_SECONDS,
    }),
  ],
};

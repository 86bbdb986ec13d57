import {
  AccessTokenVerifier,
  IssuerAnnouncements,
  rememberVerified,
} from '../../modules/access-tokens/index.ts';
import { Periodic } from '../../platform/periodic.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { tokenUsage } from './personal-access-tokens.ts';
import { revocationList } from './revocations.ts';
import { sessionUse } from './sessions.ts';
import { accessTokens } from './shared.ts';

const ANNOUNCEMENT_INTERVAL_MS = 30_000;

export const accessTokenVerifier = (parts: Parts) => {
  const [sessions, personalAccessTokens] = [parts.get(sessionUse), parts.get(tokenUsage)];
  return new AccessTokenVerifier({
    accessTokens: rememberVerified(parts.get(accessTokens), parts.clock),
    revocations: parts.get(revocationList),
    observers: {
      session: (claims) => sessions.note(claims),
      personal_access_token: ({ personalAccessTokenId }, origin) =>
        personalAccessTokens.note(personalAccessTokenId, origin),
    },
    events: parts.events,
    logger: parts.logger,
  });
};

export const accessTokenFeature: Feature = {
  jobs: ({ bus, config, logger }) => {
    const { issuer, audience, signingKeys, accessTtlSeconds: ttlSeconds } = config.tokens;
    const verifies = signingKeys.map(({ kid }) => kid);
    const own = { issuer, audience, signs: signingKeys[0].kid, verifies, ttlSeconds };
    const announcements = new IssuerAnnouncements({ bus, own, logger });
    const work = () => announcements.announce();
    const periodic = new Periodic({ name: 'issuers', intervalMs: ANNOUNCEMENT_INTERVAL_MS, logger, work });
    return [
      {
        name: periodic.name,
        start: async () => {
          await work();
          periodic.start();
        },
        stop: () => periodic.stop(),
      },
    ];
  },
};

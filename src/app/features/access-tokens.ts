import { IssuerAnnouncements } from '../../modules/access-tokens/index.ts';
import { Periodic } from '../../platform/periodic.ts';
import type { Feature } from '../feature.ts';

const ANNOUNCEMENT_INTERVAL_MS = 30_000;

export const accessTokenFeature: Feature = {
  jobs: ({ bus, config, logger }) => {
    const { issuer, audience, signingKeys } = config.tokens;
    const verifies = signingKeys.map(({ kid }) => kid);
    const own = { issuer, audience, signs: signingKeys[0].kid, verifies };
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

import { lostRevocations } from '../../modules/personal-access-tokens/index.ts';
import { LostEnds } from '../../modules/revocations/index.ts';
import { lostClientChanges } from '../../modules/service-clients/index.ts';
import { lostEndings } from '../../modules/sessions/index.ts';
import { lostRoleChanges } from '../../modules/users/index.ts';
import { Periodic } from '../../platform/periodic.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { revocationList } from './revocations.ts';
import { personalAccessTokenStore, serviceClientStore, sessionStore, userStore } from './shared.ts';

export const lostEnds = (parts: Parts) => {
  const { database: unitOfWork, events, logger } = parts;
  return new LostEnds({
    revocations: parts.get(revocationList),
    keepers: [
      lostEndings(parts.get(sessionStore)),
      lostRevocations(parts.get(personalAccessTokenStore)),
      lostRoleChanges(parts.get(userStore)),
      lostClientChanges(parts.get(serviceClientStore)),
    ],
    unitOfWork,
    events,
    logger,
  });
};

/** What the database has lost of revocations, which several features keep. */
export const lostEndsFeature: Feature = {
  jobs: (parts) => [
    new Periodic({
      name: 'lost ends',
      intervalMs: 10_000,
      logger: parts.logger,
      work: () => parts.get(lostEnds).run(),
    }),
  ],
};

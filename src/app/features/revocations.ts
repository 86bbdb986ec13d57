import { revocationOf } from '../../core/events.ts';
import { acceptedSeconds } from '../../modules/access-tokens/index.ts';
import { tokenMemorySeconds } from '../../modules/personal-access-tokens/index.ts';
import { RevocationFeed, RevocationStreams, Revocations } from '../../modules/revocations/index.ts';
import { TypeOrmRevocationStore } from '../../modules/revocations/revocation.store.typeorm.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';

/** Upper bound of a request's duration: a request that began before a session ended may still issue a token for it. */
const SLOWEST_REQUEST_SECONDS = 30;

export const revocationList = ({ config, clock }: Parts) =>
  new Revocations({
    keepForSeconds:
      Math.max(acceptedSeconds(config.tokens.accessTtlSeconds), tokenMemorySeconds) + SLOWEST_REQUEST_SECONDS,
    clock,
  });

const store = ({ database, eventCatalogue }: Parts) => new TypeOrmRevocationStore(database, eventCatalogue);

export const revocationFeed = (parts: Parts) => {
  const { bus, logger } = parts;
  return new RevocationFeed({
    bus,
    store: parts.get(store),
    revocations: parts.get(revocationList),
    logger,
  });
};

export const revocationStreams = (parts: Parts) =>
  new RevocationStreams({
    feed: parts.get(revocationFeed),
    revocations: parts.get(revocationList),
    store: parts.get(store),
    clock: parts.clock,
  });

export const revocations: Feature = {
  // An instance applies its own revocations directly, without the bus.
  onCommitted: (parts, events) => {
    for (const event of events) {
      const revocation = revocationOf(parts.eventCatalogue, event);
      if (revocation !== null) parts.get(revocationList).add(revocation);
    }
  },
  jobs: (parts) => {
    const feed = parts.get(revocationFeed);
    const streams = parts.get(revocationStreams);
    return [
      { name: 'revocation feed', start: () => feed.start(), stop: () => feed.stop() },
      { name: 'revocation streams', start: () => streams.start(), stop: async () => streams.endAll() },
    ];
  },
  drain: async (parts) => parts.get(revocationStreams).endAll(),
};

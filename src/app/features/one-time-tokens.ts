import { SecretRing } from '../../core/secret-ring.ts';
import { OneTimeTokens } from '../../modules/one-time-tokens/index.ts';
import { oneTimeTokenEvents } from '../../modules/one-time-tokens/one-time-token.events.ts';
import {
  OneTimeTokenEntity,
  personalOneTimeTokens,
  TypeOrmOneTimeTokenStore,
} from '../../modules/one-time-tokens/one-time-token.store.typeorm.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { userStore } from './shared.ts';

export const oneTimeTokens = (parts: Parts) =>
  new OneTimeTokens({
    store: new TypeOrmOneTimeTokenStore(parts.database),
    secrets: new SecretRing(parts.config.passwords.peppers),
    users: parts.get(userStore),
    unitOfWork: parts.database,
    events: parts.events,
  });

export const oneTimeTokenFeature: Feature = {
  entities: [OneTimeTokenEntity],
  personalData: () => [personalOneTimeTokens],
  events: oneTimeTokenEvents,
  purges: (parts) => [
    { what: 'expired links of messages', run: (limit) => parts.get(oneTimeTokens).purge(limit) },
  ],
};

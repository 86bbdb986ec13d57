import { SecretRing } from '../../core/secret-ring.ts';
import { IdempotentRequests } from '../../modules/idempotency/index.ts';
import {
  KeptOutcomeEntity,
  TypeOrmKeptOutcomeStore,
} from '../../modules/idempotency/kept-outcome.store.typeorm.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';

export const idempotentRequests = (parts: Parts) =>
  new IdempotentRequests({
    store: new TypeOrmKeptOutcomeStore(parts.database),
    // Not those of refresh tokens: outcomes of sign-ins hold the other half of what makes one.
    secrets: new SecretRing(parts.config.passwords.peppers),
    unitOfWork: parts.database,
  });

export const idempotency: Feature = {
  entities: [KeptOutcomeEntity],
  purges: (parts) => [
    {
      what: 'outcomes kept for repeated requests',
      run: (limit) => parts.get(idempotentRequests).purge(limit),
    },
  ],
};

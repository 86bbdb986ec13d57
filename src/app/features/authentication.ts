import type { Origin } from '../../core/principal.ts';
import { authenticationEvents } from '../../modules/authentication/authentication.events.ts';
import { Authentication } from '../../modules/authentication/index.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { accessTokenVerifier } from './access-tokens.ts';
import { personalAccessTokenVerifier } from './personal-access-tokens.ts';
import { revocationFeed } from './revocations.ts';

export const authentication = (parts: Parts) =>
  new Authentication({
    verifiers: [parts.get(personalAccessTokenVerifier), parts.get(accessTokenVerifier)],
    feed: parts.get(revocationFeed),
    events: parts.events,
    logger: parts.logger,
  });

/** Verifies the bearer token of a request. */
export const authenticateToken = (parts: Parts) => {
  const requests = parts.get(authentication);
  return (token: string, origin: Origin) => requests.authenticate(token, origin);
};

export const authenticationFeature: Feature = { events: authenticationEvents };

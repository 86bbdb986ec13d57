import type { Origin, Principal } from '../../core/principal.ts';
import { looksLikeToken } from '../../modules/personal-access-tokens/index.ts';
import type { Parts } from '../parts.ts';
import { personalAccessTokenAuthenticator } from './personal-access-tokens.ts';
import { sessionAuthenticator } from './sessions.ts';

/** Authenticates by any kind of token. */
export const authenticateToken = (parts: Parts) => {
  const sessions = parts.get(sessionAuthenticator);
  const tokens = parts.get(personalAccessTokenAuthenticator);
  return async (token: string, origin: Origin): Promise<Principal | null> =>
    looksLikeToken(token) ? tokens.authenticate(token, origin) : sessions.authenticate(token);
};

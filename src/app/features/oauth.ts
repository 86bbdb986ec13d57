import type { OAuth } from '../../http/oauth/oauth.ts';
import type { Parts } from '../parts.ts';
import { introspection } from './introspection.ts';
import { revocationStreams } from './revocations.ts';
import { clientAuthentication, serviceTokens, tokenRevocation } from './service-clients.ts';
import { exchange } from './token-exchange.ts';

/** What the endpoints for services need. */
export const oauth = (parts: Parts): OAuth => {
  const { issuer, audience, accessTtlSeconds, signingKeys } = parts.config.tokens;
  return {
    clients: parts.get(clientAuthentication),
    serviceTokens: parts.get(serviceTokens),
    exchanges: parts.get(exchange),
    introspection: parts.get(introspection),
    revocation: parts.get(tokenRevocation),
    revocationStreams: parts.get(revocationStreams),
    issuer,
    audience,
    accessTtlSeconds,
    // Those that are published.
    keyIds: signingKeys.flatMap(({ kid, publicJwk }) => (publicJwk === null ? [] : [kid])),
  };
};

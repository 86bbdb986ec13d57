import type { SessionId, UserId } from '../../../../src/core/ids.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { parseSigningKey } from '../../../../src/core/signing-key.ts';
import { createAccessTokens } from '../../../../src/modules/access-tokens/index.ts';
import { graph, type Visitor } from './graph.ts';

interface Options {
  readonly key?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly minutesAgo?: number;
  readonly scopes?: readonly string[];
}

/** An access token as Latchkey makes it; by another key, for somebody else, or so long ago where that is given. */
export function mint(
  { userId, sessionId }: Pick<Visitor, 'userId' | 'sessionId'>,
  options: Options = {},
): string {
  const { key = graph.signingKey, issuer = graph.issuer, audience = 'latchkey', minutesAgo = 0 } = options;
  const { scopes = ['tasks:read', 'tasks:write'] } = options;
  const now = new Date(Date.now() - minutesAgo * 60_000);
  const keys = [parseSigningKey(new Secret(key))] as const;
  const { sign } = createAccessTokens({ keys, issuer, audience, ttlSeconds: 300, clock: { now: () => now } });
  return sign({
    userId: userId as UserId,
    sessionId: sessionId as SessionId,
    generation: 0,
    roles: ['user'],
    email: 'mint@example.com',
    emailVerified: false,
    username: null,
    scopes,
    authenticatedAt: now,
    endsAt: new Date(Date.now() + 3_600_000),
  }).token;
}

import { describe, expect, test } from '@jest/globals';
import type { SessionId, UserId } from '../../../../src/core/ids.ts';
import { Secret } from '../../../../src/core/secret.ts';
import {
  createAccessTokens,
  generateSigningKeyPem,
  parseSigningKey,
} from '../../../../src/modules/tokens/index.ts';
import { bearing } from '../../../../test/support/personal-access-tokens.ts';
import { errorCodeOf } from '../../../../test/support/signed-in.ts';
import { client, graph, LOGOUT, newAccount, signUp, type Visitor } from '../support/graph.ts';

describe.each([
  [
    'an expired access token',
    ({ userId, sessionId }: Visitor) => mint({ userId, sessionId, minutesAgo: 10 }),
  ],
  [
    'an access token by a key that nobody knows',
    (visitor: Visitor) => mint({ ...visitor, key: generateSigningKeyPem() }),
  ],
  ['a personal access token that does not exist', () => `lkp_${'0'.repeat(49)}`],
  ['the access token of a session that has ended', endedSession],
])('%s in the header', (_name, stale) => {
  test('is refused where a credential is asked for', async () => {
    const token = await stale(await signUp());
    expect(await errorCodeOf(bearing({ client }, token).send('{ me { id } }'))).toBe('UNAUTHENTICATED');
  });

  test('stops nobody from signing up, signing in, refreshing and logging out', async () => {
    const ada = await signUp();
    const token = await stale(ada);
    const visitor = bearing({ client }, token);
    await visitor.signup(newAccount());

    visitor.accessToken = token;
    const { identifier, password } = { identifier: ada.account.email, password: ada.account.password };
    await visitor.login({ identifier, password });

    visitor.accessToken = token;
    expect(await visitor.refresh()).toMatchObject({ __typename: 'Authentication', user: { id: ada.userId } });

    visitor.accessToken = token;
    const { refreshToken } = visitor;
    expect(await visitor.data(LOGOUT, { input: { refreshToken } })).toEqual({ logout: { count: 1 } });
  });
});

async function endedSession({ account }: Visitor): Promise<string> {
  const device = client();
  await device.login({ identifier: account.email, password: account.password });
  await device.data(LOGOUT);
  return device.accessToken ?? '';
}

interface Minted extends Pick<Visitor, 'userId' | 'sessionId'> {
  readonly key?: string;
  readonly minutesAgo?: number;
}

/** An access token as Latchkey made it so long ago; by another key than its own, where one is given. */
function mint({ userId, sessionId, key = graph.signingKey, minutesAgo = 0 }: Minted): string {
  const now = new Date(Date.now() - minutesAgo * 60_000);
  const { sign } = createAccessTokens({
    keys: [parseSigningKey(new Secret(key))],
    issuer: graph.issuer,
    audience: 'latchkey',
    ttlSeconds: 300,
    clock: { now: () => now },
  });
  return sign({
    userId: userId as UserId,
    sessionId: sessionId as SessionId,
    generation: 0,
    roles: ['user'],
    scopes: ['profile:read'],
    authenticatedAt: now,
    sessionExpiresAt: new Date(Date.now() + 3_600_000),
  }).token;
}

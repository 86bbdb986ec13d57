import { describe, expect, test } from '@jest/globals';
import { generateSigningKeyPem } from '../../../../src/core/signing-key.ts';
import { bearing } from '../../../../test/support/personal-access-tokens.ts';
import { errorCodeOf } from '../../../../test/support/signed-in.ts';
import { client, LOGOUT, newAccount, signUp, type Visitor } from '../support/graph.ts';
import { mint } from '../support/mint.ts';

describe.each([
  ['an expired access token', (visitor: Visitor) => mint(visitor, { minutesAgo: 10 })],
  [
    'an access token by an unknown key',
    (visitor: Visitor) => mint(visitor, { key: generateSigningKeyPem() }),
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
    await visitor.login({ identifier: ada.account.email, password: ada.account.password });

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

import { expect, test } from '@jest/globals';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';
import { useTwoTestApps } from '../support/app.ts';
import { type GraphQLClient, ME } from '../support/client.ts';
import { keyIdsAt, signerOf } from '../support/key-ids.ts';
import { bearing } from '../support/personal-access-tokens.ts';
import { newSecrets } from '../support/secrets.ts';
import { errorCodeOf } from '../support/signed-in.ts';

const [old, next] = [generateSigningKeyPem(), generateSigningKeyPem()];
// Nobody listens on port 1.
const env = { ...newSecrets(), REDIS_URL: 'redis://127.0.0.1:1', JWT_PRIVATE_KEY: old };
const instances = useTwoTestApps({ env });

const keyIds = () => Promise.all(instances.map(({ url }) => keyIdsAt(url)));

test('a signing key is rotated by the documented steps, instance by instance: no access token is refused', async () => {
  const clients: GraphQLClient[] = [];
  /** Tokens of every instance, old and new, are good at every instance. */
  const expectAllGood = async () => {
    for (const instance of instances) {
      const client = instance.client();
      await client.signup();
      clients.push(client);
    }
    for (const { accessToken } of clients)
      for (const instance of instances)
        expect((await bearing(instance, String(accessToken)).data(ME)).me).not.toBeNull();
  };
  const deploy = async (keys: string) => {
    for (const instance of instances) {
      await instance.restart({ JWT_PRIVATE_KEY: keys });
      await expectAllGood();
    }
  };

  await expectAllGood();
  await deploy(old + next);
  const [published = []] = await keyIds();
  expect(published).toHaveLength(2);
  expect(new Set(clients.map(signerOf))).toEqual(new Set([published[0]]));

  await deploy(next + old);
  expect(await keyIds()).toEqual([published.toReversed(), published.toReversed()]);
  expect(clients.slice(-2).map(signerOf)).toEqual([published[1], published[1]]);

  // What the old key has signed is over by then.
  const signedByOld = clients.filter((client) => signerOf(client) === published[0]);
  for (const client of signedByOld) clients.splice(clients.indexOf(client), 1);
  await deploy(next);
  for (const { accessToken, refreshToken } of signedByOld) {
    const client = Object.assign(instances[0].client(), { accessToken, refreshToken });
    expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
    // No session is lost, even if the key was dropped at once.
    await client.refresh();
    expect((await client.data(ME)).me).not.toBeNull();
  }
});

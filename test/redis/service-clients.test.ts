import { expect, test } from '@jest/globals';
import { useTwoTestApps } from '../support/app.ts';
import { ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { bearing } from '../support/personal-access-tokens.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import {
  administer,
  assertion,
  delegatedToken,
  makeClient,
  newKeys,
  postForm,
  serviceToken,
} from '../support/service-clients.ts';
import { signIn } from '../support/signed-in.ts';

const CREDENTIALS = { grant_type: 'client_credentials' };

describeWithRedis('a service client, on two instances with one Redis', () => {
  const secrets = newSecrets();
  const redis = useTestRedis();
  const apps = useTwoTestApps(() => ({ env: { REDIS_URL: redis.url, ...secrets } }));
  const [a] = apps;

  test('that is disabled is refused by both, and so are its tokens', async () => {
    const client = await makeClient(a, { scopes: ['users:read'], actsForUsers: true });
    const [owner] = await signIn(a, 1);
    const tokens = [
      await serviceToken(a, client),
      await delegatedToken(a, client, String(owner.client.accessToken)),
    ];
    for (const app of apps) {
      expect((await postForm(app, 'token', CREDENTIALS, client)).status).toBe(200);
      for (const token of tokens) expect((await bearing(app, token).send(ME)).errors).toEqual([]);
    }
    await administer(a, (clients) => clients.disable(client.id));
    for (const app of apps)
      for (const token of tokens)
        await eventually(async () => {
          const { errors } = await bearing(app, token).send(ME);
          return errors[0]?.extensions['code'] === 'UNAUTHENTICATED';
        });
    // Heard of, and so not asked of the database any more.
    for (const app of apps) expect((await postForm(app, 'token', CREDENTIALS, client)).status).toBe(401);
    for (const app of apps)
      expect((await bearing(app, String(owner.client.accessToken)).data(ME)).me).not.toBeNull();
  });

  test('has a new secret on both at once', async () => {
    const client = await makeClient(a);
    for (const app of apps) expect((await postForm(app, 'token', CREDENTIALS, client)).status).toBe(200);
    const rotated = await administer(a, (clients) =>
      clients.rotate(client.id, { publicKey: null, dropsOthers: true }),
    );
    if (rotated.kind !== 'rotated' || rotated.secret === null) throw new Error(rotated.kind);
    const { secret } = rotated;
    for (const app of apps) {
      await eventually(
        async () => (await postForm(app, 'token', CREDENTIALS, { ...client, secret })).status === 200,
      );
      await eventually(async () => (await postForm(app, 'token', CREDENTIALS, client)).status === 401);
    }
  });

  test('uses an assertion once, on one of them', async () => {
    const keys = newKeys();
    const client = await makeClient(a, { publicKey: keys.publicKey });
    const form = { ...CREDENTIALS, ...assertion(keys, client.id, 'http://localhost:4001') };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => postForm(apps[i % 2] ?? a, 'token', form)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)]);
  });
});

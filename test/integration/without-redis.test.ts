import { expect, test } from '@jest/globals';
import { useTwoTestApps } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { type GraphQLClient, ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { bearing, makeToken, REVOKE_TOKEN } from '../support/personal-access-tokens.ts';
import { newSecrets } from '../support/secrets.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const secrets = newSecrets();
// Nobody listens on port 1.
const env = { REDIS_URL: 'redis://127.0.0.1:1', ...secrets };
const [a, b] = useTwoTestApps({ env });

/** Makes a credential of a new user; what it returns ends that. */
type Scene = (owner: GraphQLClient, userId: string) => Promise<[string, () => Promise<unknown>]>;

const scenes: readonly (readonly [string, Scene])[] = [
  [
    'an access token whose session has ended',
    async (owner) => [owner.accessToken ?? '', () => owner.data('mutation { logout { count } }')],
  ],
  [
    'a personal access token that was revoked',
    async (owner) => {
      const { id, token } = await makeToken(owner, 'profile:read');
      return [token, () => owner.data(REVOKE_TOKEN, { id })];
    },
  ],
  [
    'an access token from before a change of roles',
    async (owner, userId) => {
      const [user] = await runSql(a.databaseUrl, 'SELECT email FROM users WHERE id = $1', [userId]);
      const changeRoles = () =>
        withServicesBeside(a.databaseUrl, secrets, (services) =>
          services.userAdministration.changeRoles(String(user?.['email']), ['user', 'admin']),
        );
      return [owner.accessToken ?? '', changeRoles];
    },
  ],
];

test.each(scenes)('without Redis, every instance refuses %s', async (_what, setScene) => {
  const [{ client, userId }] = await signIn(a, 1);
  const [credential, end] = await setScene(client, userId);
  const elsewhere = bearing(b, credential);
  expect((await elsewhere.data(ME)).me.id).toBe(userId);
  await end();
  await eventually(async () => {
    const { errors } = await elsewhere.send(ME);
    return errors[0]?.extensions['code'] === 'UNAUTHENTICATED';
  });
});

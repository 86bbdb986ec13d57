import { expect } from '@jest/globals';
import type { TestApp } from './app.ts';
import { withServicesBeside } from './beside.ts';
import { type GraphQLClient, newAccount, PASSWORD, REAUTHENTICATE } from './client.ts';
import { type SignedIn, signInAdministrator } from './signed-in.ts';
import { runSql } from './sql.ts';
import { rewind } from './time-travel.ts';

const DAY = 24 * 60 * 60;

/** Someone with two sessions, of which the older is to end. */
export interface Scene {
  readonly app: TestApp;
  /** Of `app`, for a process beside it. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly email: string;
  readonly older: SignedIn;
  readonly newer: GraphQLClient;
  readonly administrator: GraphQLClient;
}

export async function setScene(app: TestApp, secrets: Readonly<Record<string, string>>): Promise<Scene> {
  const { email } = newAccount();
  const [client, newer] = [app.client(), app.client()];
  const { user, session } = await client.signup({ email });
  await newer.login({ identifier: email, password: PASSWORD });
  const older = { client, id: session.id, userId: user.id };
  return { app, secrets, email, older, newer, administrator: await signInAdministrator(app) };
}

/** Each path by which a session ends, with the reason that is given for it, and how to go it. */
export const sessionEnds: readonly (readonly [
  path: string,
  reason: string,
  end: (scene: Scene) => unknown,
])[] = [
  ['logout', 'LOGOUT', ({ older }) => older.client.data('mutation { logout { count } }')],
  ['terminateSession', 'TERMINATED_BY_USER', ({ newer, older }) => newer.data(TERMINATE, { id: older.id })],
  [
    'terminateOtherSessions',
    'TERMINATED_BY_USER',
    ({ newer }) => newer.data('mutation { terminateOtherSessions { __typename } }'),
  ],
  [
    'an administrator',
    'TERMINATED_BY_ADMIN',
    ({ administrator, older }) => administrator.data(TERMINATE, { id: older.id }),
  ],
  [
    'the session limit',
    'SESSION_LIMIT',
    async ({ app, email: identifier, older: { userId } }) => {
      for (let i = 0; i < 4; i += 1) {
        // Sessions that were never used end first, and whether the older has been is written a little later.
        await runSql(
          app.databaseUrl,
          'UPDATE sessions SET confirmed_generation = generation WHERE user_id = $1',
          [userId],
        );
        await app.client().login({ identifier, password: PASSWORD });
      }
    },
  ],
  [
    'a password change',
    'PASSWORD_CHANGED',
    ({ newer }) =>
      newer.data('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }', {
        input: { currentPassword: PASSWORD, newPassword: 'another horse, another staple' },
      }),
  ],
  [
    'reauthentication',
    'REAUTHENTICATED',
    ({ older }) => older.client.data(REAUTHENTICATE, { password: PASSWORD }),
  ],
  [
    'the reuse of a token',
    'TOKEN_REUSED',
    async ({ app, older: { client } }) => {
      const first = client.refreshToken;
      for (const _ of [1, 2, 3]) await client.refresh();
      expect(await app.client().refresh(first)).toMatchObject({ endReason: 'TOKEN_REUSED' });
    },
  ],
  [
    'a refresh after its idle timeout',
    'IDLE_TIMEOUT',
    async ({ app, older: { client, id } }) => {
      await rewind(app.databaseUrl, id, 8 * DAY);
      expect(await client.refresh()).toMatchObject({ endReason: 'IDLE_TIMEOUT' });
    },
  ],
  [
    'the sweep of another process',
    'EXPIRED',
    async ({ app, secrets, older }) => {
      await withServicesBeside(app.databaseUrl, secrets, async ({ sweep }) => {
        // At once before the sweep: streams look at the expiry too, and would end without its reason.
        await rewind(app.databaseUrl, older.id, 31 * DAY);
        await sweep.run();
      });
    },
  ],
  [
    'a statement that writes its event beside it',
    'TERMINATED_BY_ADMIN',
    ({ app, older }) => runSql(app.databaseUrl, END_WITH_EVENT, [older.id]),
  ],
];

const TERMINATE = 'mutation ($id: ID!) { terminateSession(id: $id) { __typename } }';

const END_WITH_EVENT = `
  WITH ended AS (
    UPDATE sessions SET revision = revision + 1, ended_at = now(), end_reason = 'TERMINATED_BY_ADMIN' WHERE id = $1
    RETURNING id, user_id, revision, end_reason
  ), recorded AS (
    INSERT INTO events (id, type, outcome, subject_id, session_id, data, kept)
    SELECT gen_random_uuid(), 'session.terminated', 'SUCCESS', user_id, id,
           jsonb_build_object('userId', user_id, 'sessionId', id, 'sessionRevision', revision, 'reason', end_reason), true
    FROM ended RETURNING id
  )
  INSERT INTO event_outbox (event_id) SELECT id FROM recorded`;

import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { fieldScopes } from '../../src/app/features/index.ts';
import { RACES } from '../support/amounts.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN, newAccount, PASSWORD } from '../support/client.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { type SignedIn, signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

jest.setTimeout(180_000 + RACES * 2_000);

interface Scene {
  readonly caller: GraphQLClient;
  /** Another session of the same user, which holds the caller's refresh token too: it can end the caller's session. */
  readonly other: SignedIn;
  readonly tokenId: string;
}

interface Operation {
  readonly query: string;
  readonly variables: (scene: Scene) => object;
  /** The event that the operation records in its transaction. */
  readonly event: string;
}

/** Every mutation that takes a caller. */
const operations: Record<string, Operation> = {
  createPersonalAccessToken: {
    query: `mutation ($input: CreatePersonalAccessTokenInput!) { createPersonalAccessToken(input: $input) { __typename } }`,
    variables: () => ({ input: { name: 'late', scopes: ['profile:read'] } }),
    event: 'personal_access_token.created',
  },
  rotatePersonalAccessToken: {
    query: 'mutation ($id: ID!) { rotatePersonalAccessToken(id: $id) { __typename } }',
    variables: ({ tokenId }) => ({ id: tokenId }),
    event: 'personal_access_token.rotated',
  },
  revokePersonalAccessToken: {
    query: 'mutation ($id: ID!) { revokePersonalAccessToken(id: $id) { __typename } }',
    variables: ({ tokenId }) => ({ id: tokenId }),
    event: 'personal_access_token.revoked',
  },
  changePassword: {
    query: 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }',
    variables: () => ({ input: { currentPassword: PASSWORD, newPassword: 'another horse, another staple' } }),
    event: 'user.password_changed',
  },
  requestEmailChange: {
    query: 'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) { __typename } }',
    variables: () => ({ input: { newEmail: newAccount().email } }),
    event: 'user.email_change_requested',
  },
  deleteAccount: {
    query: 'mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { __typename } }',
    variables: () => ({ input: { password: PASSWORD } }),
    event: 'user.deleted',
  },
  reauthenticate: {
    query: 'mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { __typename } }',
    variables: () => ({ input: { password: PASSWORD } }),
    event: 'session.created',
  },
  updateProfile: {
    query: 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }',
    variables: () => ({ input: { name: 'Late' } }),
    event: 'user.profile_updated',
  },
  terminateSession: {
    query: 'mutation ($id: ID!) { terminateSession(id: $id) { __typename } }',
    variables: ({ other }) => ({ id: other.id }),
    event: 'session.terminated',
  },
  terminateOtherSessions: {
    query: 'mutation { terminateOtherSessions { __typename } }',
    variables: () => ({}),
    event: 'session.terminated',
  },
  createUser: {
    query: 'mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename } }',
    variables: () => ({ input: { email: newAccount().email } }),
    event: 'user.registered',
  },
  updateUser: {
    query:
      'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { __typename } }',
    variables: ({ other }) => ({ id: other.userId, input: { name: 'Late' } }),
    event: 'user.profile_updated',
  },
  deleteUser: {
    query: 'mutation ($id: ID!) { deleteUser(id: $id) { __typename } }',
    variables: ({ other }) => ({ id: other.userId }),
    event: 'user.deleted',
  },
  unlockUser: {
    query: 'mutation ($id: ID!) { unlockUser(id: $id) { __typename } }',
    variables: ({ other }) => ({ id: other.userId }),
    event: 'lockout.ended',
  },
  terminateUserSessions: {
    query: 'mutation ($id: ID!) { terminateUserSessions(userId: $id) { count } }',
    variables: ({ other }) => ({ id: other.userId }),
    event: 'session.terminated',
  },
};

const latchkey = useTestApp();
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

// The last one could not be deleted.
beforeAll(() => signInAdministrator(latchkey));

async function setScene(): Promise<Scene> {
  const [{ userId, client: first }] = await signIn(latchkey, 1);
  await sql("UPDATE users SET roles = '{user,admin}' WHERE id = $1", [userId]);
  const caller = latchkey.client();
  const { user } = await caller.login({ identifier: await emailOf(first), password: PASSWORD });
  const client = latchkey.client();
  const { session } = await client.login({ identifier: user.email, password: PASSWORD });
  const { id: tokenId } = await makeToken(caller, 'profile:read');
  const guess = { input: { identifier: user.email, password: 'not the right one' } };
  expect((await latchkey.client().data(LOGIN, guess)).login.code).toBe('INVALID_CREDENTIALS');
  return { caller, other: { client, id: session.id, userId }, tokenId };
}

async function emailOf(client: GraphQLClient): Promise<string> {
  return (await client.data('{ me { email } }')).me.email;
}

const end = ({ caller }: Scene) =>
  latchkey.client().data('mutation ($token: String) { logout(input: { refreshToken: $token }) { count } }', {
    token: caller.refreshToken,
  });

function eventsOf(userId: string, type: string): Promise<Record<string, unknown>[]> {
  // The caller's own end is no deed of the operation.
  return sql(
    `SELECT occurred_at FROM events WHERE subject_id = $1 AND type = $2 AND data->>'reason' IS DISTINCT FROM 'LOGOUT'
     ORDER BY occurred_at`,
    [userId, type],
  );
}

/** When the end of the caller's session had committed; null where the operation ended it first. */
async function endedAt({ other }: Scene): Promise<Date | null> {
  const [row] = await sql(
    `SELECT pg_xact_commit_timestamp(xmin) + interval '1 ms' AS at FROM sessions
     WHERE end_reason = 'LOGOUT' AND user_id = $1`,
    [other.userId],
  );
  return (row?.['at'] as Date | undefined) ?? null;
}

/** Locks the user's row, so that whatever comes next waits for it. */
async function lockUser(id: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: latchkey.databaseUrl });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

test('every mutation that takes a caller is in the table', () => {
  const expected = Object.keys(fieldScopes)
    .filter((name) => name.startsWith('Mutation.'))
    .map((name) => name.slice('Mutation.'.length));
  // It grants nothing, and its one statement touches only a live session.
  const exempt = ['recordActivity'];
  expect(Object.keys(operations).sort()).toEqual(expected.filter((name) => !exempt.includes(name)).sort());
});

describe.each(Object.entries(operations))('%s', (_name, { query, variables, event }) => {
  test('that waits for a lock while its session ends does nothing', async () => {
    const scene = await setScene();
    const before = await eventsOf(scene.other.userId, event);
    const release = await lockUser(scene.other.userId);
    const answer = scene.caller.send(query, variables(scene));
    await untilLockWaits(latchkey.databaseUrl);
    await end(scene);
    await release();
    expect((await answer).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(await eventsOf(scene.other.userId, event)).toEqual(before);
  });

  test('that races with the end of its session succeeds before the end, or not at all', async () => {
    for (let round = 0; round < RACES; round += 1) {
      const scene = await setScene();
      const before = await eventsOf(scene.other.userId, event);
      const answer = scene.caller.send(query, variables(scene));
      // Anywhere between before and after: an operation takes some milliseconds.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
      await end(scene);
      const { errors } = await answer;
      if (errors.length > 0) expect(errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
      const made = (await eventsOf(scene.other.userId, event)).slice(before.length);
      // An event is dated by the start of its transaction, to the millisecond.
      const ended = await endedAt(scene);
      expect(made.filter((row) => ended !== null && (row['occurred_at'] as Date) > ended)).toEqual([]);
      if (errors.length > 0) expect(made).toEqual([]);
    }
  });
});

test('a personal access token that is revoked while its operation waits for a lock changes nothing', async () => {
  const { caller, other } = await setScene();
  const { token, id } = await makeToken(caller, 'profile:write', 'sessions:write');
  const script = bearing(latchkey, token);
  const setRevoked = (revoked: boolean) =>
    sql(
      `UPDATE personal_access_tokens SET revoked_at = CASE WHEN $2 THEN now() END,
         revoke_reason = CASE WHEN $2 THEN 'REVOKED' END WHERE id = $1`,
      [id, revoked],
    );
  for (const name of ['updateProfile', 'terminateSession'] as const) {
    const { query, variables } = operations[name] as Operation;
    const release = await lockUser(other.userId);
    const answer = script.send(query, variables({ caller, other, tokenId: '' }));
    await untilLockWaits(latchkey.databaseUrl);
    await setRevoked(true);
    await release();
    expect((await answer).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    await setRevoked(false);
  }
});

test('two sessions that end one another do not deadlock: one of them has ended first', async () => {
  for (let round = 0; round < RACES; round += 1) {
    const [a, b] = await signIn(latchkey, 2);
    const { query } = operations['terminateSession'] as Operation;
    const answers = await Promise.all([
      a.client.send(query, { id: b.id }),
      b.client.send(query, { id: a.id }),
    ]);
    const codes = answers.map(({ errors }) => errors[0]?.extensions['code'] ?? 'done').sort();
    expect(codes).toEqual(['UNAUTHENTICATED', 'done']);
  }
});

import { expect, test } from '@jest/globals';
import { useTwoTestApps } from '../support/app.ts';
import { ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { bearing, makeToken, REVOKE_TOKEN } from '../support/personal-access-tokens.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const ROLES = `mutation ($id: ID!, $roles: [String!]!) { updateUser(id: $id, input: { roles: $roles }) { __typename } }`;

/** A standby that lacked the last commits has become the primary: their rows are as they were. */
describeWithRedis('after a failover that lost the last commits, two instances that had heard of them', () => {
  const redis = useTestRedis();
  const [a, b] = useTwoTestApps(() => ({ env: { REDIS_URL: redis.url } }));
  const sql = (statement: string, ...parameters: unknown[]) => runSql(a.databaseUrl, statement, parameters);

  const reviveSession = (id: string) =>
    sql('UPDATE sessions SET ended_at = NULL, end_reason = NULL WHERE id = $1', id);
  const reviveToken = (id: string) =>
    sql('UPDATE personal_access_tokens SET revoked_at = NULL, revoke_reason = NULL WHERE id = $1', id);

  const eventsOf = async (userId: string, type: string) =>
    (await sql('SELECT data FROM events WHERE subject_id = $1 AND type = $2', userId, type)).map(
      ({ data }) => data,
    );
  const isRefused = async (app: typeof a, token: string | null) =>
    (await bearing(app, token ?? '').send(ME)).errors[0]?.extensions['code'] === 'UNAUTHENTICATED';

  test.each([
    ['that was refreshed there before', true],
    ['that it does not know', false],
  ])('refuse to refresh an ended session %s, and end it again', async (_, isKnown) => {
    const [{ client, id, userId }] = await signIn(a, 1);
    const onB = Object.assign(b.client(), { refreshToken: client.refreshToken });
    if (isKnown) await onB.refresh();
    await client.data('mutation { logout { count } }');
    await eventually(() => isRefused(b, client.accessToken));
    await reviveSession(id);
    expect(await onB.refresh()).toMatchObject({ __typename: 'SessionEndedError', endReason: 'LOGOUT' });
    expect(await sql('SELECT end_reason FROM sessions WHERE id = $1', id)).toEqual([
      { end_reason: 'LOGOUT' },
    ]);
    const end = expect.objectContaining({ userId, sessionId: id, reason: 'LOGOUT' });
    expect(await eventsOf(userId, 'session.terminated')).toEqual([end, end]);
  });

  test('refuse a revoked personal access token at once', async () => {
    const [{ client }] = await signIn(a, 1);
    const { id, token } = await makeToken(client, 'profile:read');
    await client.data(REVOKE_TOKEN, { id });
    await eventually(() => isRefused(b, token));
    await reviveToken(id);
    expect([await isRefused(a, token), await isRefused(b, token)]).toEqual([true, true]);
  });

  test('write all ends again, once', async () => {
    const [admin] = await signIn(a, 1);
    await sql("UPDATE users SET roles = '{user,admin}' WHERE id = $1", admin.userId);
    await admin.client.refresh();
    const [{ client, id, userId }] = await signIn(a, 1);
    const made = await makeToken(client, 'profile:read');
    await client.data(REVOKE_TOKEN, { id: made.id });
    await admin.client.data(ROLES, { id: userId, roles: ['user', 'admin'] });
    await client.refresh();
    await client.data('mutation { logout { count } }');
    await eventually(() => isRefused(b, client.accessToken));
    const [{ tokens_not_before: notBefore } = {}] = await sql(
      'SELECT tokens_not_before FROM users WHERE id = $1',
      userId,
    );
    expect(notBefore).toBeInstanceOf(Date);

    await reviveSession(id);
    await reviveToken(made.id);
    await sql("UPDATE users SET roles = '{user}', tokens_not_before = NULL WHERE id = $1", userId);
    await eventually(async () => {
      const [row] = await sql(
        `SELECT tokens_not_before, end_reason, revoke_reason FROM users
         JOIN sessions s ON s.user_id = users.id JOIN personal_access_tokens t ON t.user_id = users.id WHERE users.id = $1`,
        userId,
      );
      return Object.values(row ?? {}).every((value) => value !== null);
    });
    expect(await sql('SELECT tokens_not_before, roles FROM users WHERE id = $1', userId)).toEqual([
      { tokens_not_before: notBefore, roles: ['user'] },
    ]);
    const end = expect.objectContaining({ userId, sessionId: id, reason: 'LOGOUT' });
    expect(await eventsOf(userId, 'session.terminated')).toEqual([end, end]);
    const revocation = expect.objectContaining({ personalAccessTokenId: made.id, reason: 'REVOKED' });
    expect(await eventsOf(userId, 'personal_access_token.revoked')).toEqual([revocation, revocation]);
    expect(await eventsOf(userId, 'user.role_change_lost')).toEqual([
      { userId, notBefore: (notBefore as Date).toISOString() },
    ]);
  });
});

import { beforeAll, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { DELETE_USER, UPDATE_USER } from '../support/administration.ts';
import { DISABLED_DURING_REFRESH } from '../support/amounts.ts';
import { useTwoTestApps } from '../support/app.ts';
import { type GraphQLClient, ME, PASSWORD, REFRESH } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { inParallel } from '../support/in-parallel.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { errorCodeOf, signIn, signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

jest.setTimeout(120_000);

const FIND = `query ($search: String!) { users(filter: { search: $search }) { nodes { id email accountStatus
  sessions { nodes { id status device { kind } } } } } }`;
const TERMINATE_ALL = 'mutation ($id: ID!) { terminateUserSessions(userId: $id) { count } }';

describeWithRedis('an administrator of users, on two instances', () => {
  const secrets = newSecrets();
  const redis = useTestRedis();
  const [a, b] = useTwoTestApps(() => ({ env: { REDIS_URL: redis.url, ...secrets } }));
  let admin: Awaited<ReturnType<typeof signInWithRoles>>;

  beforeAll(async () => {
    admin = await signInWithRoles(a, 'user', 'admin');
  });

  const isRefused = (accessToken: string) =>
    Promise.all(
      [a, b].map((app) =>
        eventually(async () => {
          const { errors } = await bearing(app, accessToken).send(ME);
          return errors[0]?.extensions['code'] === 'UNAUTHENTICATED';
        }),
      ),
    );

  test('finds a user by part of the address, reads and ends the sessions, disables the account; the log shows each step', async () => {
    const [first, second] = await signIn(a, 2);
    const { email } = (await first.client.data(ME)).me;
    const { token: script } = await makeToken(first.client, 'profile:read');
    expect((await bearing(b, script).data(ME)).me.email).toBe(email);
    const search = email.slice(1, -4);

    const [found, ...others] = (await admin.client.data(FIND, { search })).users.nodes;
    expect(others).toEqual([]);
    const ids = found.sessions.nodes.map(({ id }: { id: string }) => id);
    expect([found.id, ids.sort()]).toEqual([first.userId, [first.id, second.id].sort()]);
    const { accessToken } = first.client;
    const stream = await EventStream.open(b.url, { accessToken });
    expect((await admin.client.data(TERMINATE_ALL, { id: found.id })).terminateUserSessions.count).toBe(2);
    await Promise.all([stream.until(() => stream.ended), isRefused(String(accessToken))]);
    expect(stream.kinds.at(-1)).toBe('ENDED');

    const again = b.client();
    const { session } = await again.login({ identifier: email, password: PASSWORD });
    const streams = await Promise.all(
      [a, b].map(({ url }) => EventStream.open(url, { accessToken: again.accessToken })),
    );
    const { updateUser } = await admin.client.data(UPDATE_USER, {
      id: found.id,
      input: { accountStatus: 'DISABLED' },
    });
    expect(updateUser.user.accountStatus).toBe('DISABLED');
    await Promise.all([
      ...streams.map((one) => one.until(() => one.ended)),
      isRefused(String(again.accessToken)),
      isRefused(script),
    ]);
    for (const { events } of streams)
      expect(events.filter(({ event }) => event === 'next').at(-1)?.data.data.mySessionChanged).toMatchObject(
        {
          kind: 'ENDED',
          session: { id: session.id, endReason: 'ACCOUNT_DISABLED' },
        },
      );
    const { users } = await admin.client.data(FIND, { search });
    expect(users.nodes).toMatchObject([{ accountStatus: 'DISABLED', sessions: { nodes: [] } }]);

    const log = await runSql(
      a.databaseUrl,
      `SELECT type, data->>'reason' AS reason FROM events WHERE subject_id = $1 AND actor_id = $2 ORDER BY occurred_at, type`,
      [found.id, admin.id],
    );
    expect(log.map(({ type, reason }) => [type, reason])).toEqual([
      ['session.terminated', 'TERMINATED_BY_ADMIN'],
      ['session.terminated', 'TERMINATED_BY_ADMIN'],
      ['sessions.bulk_terminated', 'TERMINATED_BY_ADMIN'],
      ['personal_access_token.revoked', 'ACCOUNT_DISABLED'],
      ['session.terminated', 'ACCOUNT_DISABLED'],
      ['user.disabled', null],
    ]);
  });

  test('must be one: a plain user gets FORBIDDEN for each of these steps', async () => {
    const [{ client, userId: id }, { client: other }] = await signIn(a, 2);
    for (const [query, variables] of [
      [FIND, { search: 'user' }],
      [TERMINATE_ALL, { id: admin.id }],
      [UPDATE_USER, { id: admin.id, input: { accountStatus: 'DISABLED' } }],
      [UPDATE_USER, { id, input: { name: 'Even oneself' } }],
      [DELETE_USER, { id: admin.id }],
    ] as const)
      expect(await errorCodeOf(client.send(query, variables))).toBe('FORBIDDEN');
    expect((await other.data(ME)).me.id).toBe(id);
  });

  test(`leaves nothing to a refresh that races with disabling the account (${DISABLED_DURING_REFRESH} times)`, async () => {
    // One that does several things at once would wait for itself.
    const admins = await inParallel(Array.from({ length: 8 }), () => signInWithRoles(a, 'user', 'admin'));
    const rounds = Array.from({ length: DISABLED_DURING_REFRESH });
    const outcomes = await inParallel(rounds, async (_round, index) => {
      const [{ client, userId, id }] = await signIn(index % 2 === 0 ? a : b, 1);
      const input = { accountStatus: 'DISABLED' };
      const [, ...refreshed] = await Promise.all([
        admins[index % admins.length]?.client.data(UPDATE_USER, { id: userId, input }),
        ...[a, b].map((app) => refreshOn(app, client)),
      ]);
      const tokens = refreshed.filter(({ __typename }) => __typename === 'Authentication');
      await Promise.all([client, ...tokens].map(({ accessToken }) => isRefused(String(accessToken))));
      for (const app of [a, b])
        for (const { refreshToken } of [client, ...tokens])
          expect(await refreshOn(app, { refreshToken })).toMatchObject({ endReason: 'ACCOUNT_DISABLED' });
      const sessions = 'SELECT id, end_reason AS reason FROM sessions WHERE user_id = $1';
      expect(await runSql(a.databaseUrl, sessions, [userId])).toEqual([{ id, reason: 'ACCOUNT_DISABLED' }]);
      return refreshed.map(({ __typename }) => __typename);
    });
    expect(outcomes.flat()).toContain('Authentication');
  });

  test('leaves nothing to a refresh that waits for the session’s row as disabling does', async () => {
    const [{ client, userId, id }] = await signIn(a, 1);
    // This instance remembers the session then, and refreshes it by one statement.
    await client.refresh();
    const holder = new Client({ connectionString: a.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM sessions WHERE id = $1 FOR UPDATE', [id]);
    const refreshed = refreshOn(a, client);
    await untilLockWaits(a.databaseUrl);
    const disabled = admin.client.data(UPDATE_USER, { id: userId, input: { accountStatus: 'DISABLED' } });
    await untilLockWaits(a.databaseUrl, 2);
    await holder.query('COMMIT');
    await holder.end();
    const [{ __typename, accessToken, refreshToken }] = await Promise.all([refreshed, disabled]);
    expect(__typename).toBe('Authentication');
    await isRefused(accessToken);
    expect(await refreshOn(b, { refreshToken })).toMatchObject({ endReason: 'ACCOUNT_DISABLED' });
  });

  async function refreshOn(app: typeof a, { refreshToken }: Pick<GraphQLClient, 'refreshToken'>) {
    return (await app.client().data(REFRESH, { input: { refreshToken } })).refreshSession;
  }
});

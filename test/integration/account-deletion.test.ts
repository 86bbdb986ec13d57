import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { from } from '../support/callers.ts';
import { LOGIN, ME, newAccount, PASSWORD } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { confirmAddress, DELETE, REQUEST_RESET, RESET, send } from '../support/messages.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { withTestServices } from '../support/services.ts';
import { signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const latchkey = useTestApp();
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

const STREAM = `subscription { mySessionChanged { kind session { id status endReason
  user { id username name createdAt email roles sessions { totalCount } } } } }`;

test('a deleted account is gone, with every session, token and link; its address can sign up again', async () => {
  const [first, second] = await signIn(latchkey, 2);
  const { id, email, username } = (await first.client.data(ME)).me;
  await confirmAddress(latchkey, email);
  const { token: script } = await makeToken(first.client, 'profile:read');
  await send(latchkey.client(), REQUEST_RESET, { email });
  const token = await latchkey.mail.tokenTo(email, 'reset-password');
  const answer = await first.client.send(DELETE, { password: PASSWORD });
  expect(answer.data.deleteAccount).toEqual({ __typename: 'UserDeleted', id });
  for (const { client } of [first, second]) {
    expect((await client.send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect((await client.refresh()).code).toBe('INVALID_TOKEN');
  }
  expect((await bearing(latchkey, script).send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  expect((await send(latchkey.client(), RESET, { token, password: PASSWORD }))['code']).toBe('INVALID_TOKEN');
  const input = { identifier: email, password: PASSWORD };
  expect((await send(latchkey.client(), LOGIN, { input })).__typename).toBe('InvalidCredentialsError');
  expect((await latchkey.client().data('query ($id: ID!) { user(id: $id) { id } }', { id })).user).toBeNull();
  const mails = await latchkey.mail.to(email, 4);
  expect(mails.at(-1)?.subject).toBe('Your account at Latchkey was deleted');
  const { user } = await latchkey.client().signup({ email, username });
  expect(user.id).not.toBe(id);
  expect(await sql("SELECT data FROM events WHERE type = 'user.deleted'")).toEqual([
    { data: { userId: id } },
  ]);
});

test('a stream of a deleted account ends, and the user of its session has an id only', async () => {
  const [owner, other] = await signIn(latchkey, 2);
  const { accessToken } = other.client;
  const stream = await EventStream.open(latchkey.url, { query: STREAM, accessToken });
  await owner.client.send(DELETE, { password: PASSWORD });
  await stream.until(() => stream.ended);
  const last = stream.events.filter(({ event }) => event === 'next').at(-1)?.data.data.mySessionChanged;
  expect(last).toMatchObject({
    kind: 'ENDED',
    session: {
      id: other.id,
      status: 'ENDED',
      endReason: 'ACCOUNT_DELETED',
      user: { id: owner.userId, username: null, name: null, createdAt: null, email: null, roles: null },
    },
  });
});

test('administrators see its sessions for some minutes, without a user', async () => {
  const administrator = await signInAdministrator(latchkey);
  const [{ client, userId, id }] = await signIn(latchkey, 1);
  await client.send(DELETE, { password: PASSWORD });
  const query = `query ($id: ID!) { sessions(filter: { userId: $id, status: ENDED }) { nodes { id user { id email } } } }`;
  const { sessions } = await administrator.data(query, { id: userId });
  expect(sessions.nodes).toEqual([{ id, user: { id: userId, email: null } }]);
});

test('the password is asked for, and a personal access token does not do', async () => {
  const [{ client }] = await signIn(latchkey, 1);
  expect((await send(client, DELETE, { password: 'not the right one' })).__typename).toBe(
    'InvalidCredentialsError',
  );
  const { token } = await makeToken(client, 'profile:write');
  const byScript = await bearing(latchkey, token).send(DELETE, { password: PASSWORD });
  expect(byScript.errors[0]?.extensions['code']).toBe('FORBIDDEN');
  expect((await client.data(ME)).me).not.toBeNull();
});

test('a sign-in and a refresh that race with the deletion leave nothing', async () => {
  for (let round = 0; round < 20; round += 1) {
    const [{ client, userId }] = await signIn(latchkey, 1);
    const { email } = (await client.data(ME)).me;
    const late = latchkey.client();
    await Promise.all([
      client.send(DELETE, { password: PASSWORD }),
      late.send(LOGIN, { input: { identifier: email, password: PASSWORD } }),
      client.refresh(),
    ]);
    expect(await sql('SELECT FROM sessions WHERE user_id = $1 AND ended_at IS NULL', [userId])).toEqual([]);
  }
});

test('sessions of a deleted account are purged after ten minutes', () =>
  withTestServices({}, async ({ services, databaseUrl }) => {
    const account = newAccount();
    await services.signups.signup(from('192.0.2.1'), account, 'BODY');
    for (const [minutes, left] of [
      [9, 1],
      [11, 0],
    ]) {
      const end =
        "UPDATE sessions SET end_reason = 'ACCOUNT_DELETED', ended_at = now() - make_interval(mins => $1)";
      await runSql(databaseUrl, end, [minutes]);
      await services.cleanup.run();
      expect(await runSql(databaseUrl, 'SELECT FROM sessions')).toHaveLength(left as number);
    }
  }));

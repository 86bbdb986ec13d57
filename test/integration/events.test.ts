import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import {
  type GraphQLClient,
  LOGIN,
  newAccount,
  PASSWORD,
  REAUTHENTICATE,
  REFRESH,
  SIGNUP,
} from '../support/client.ts';
import { RESET, VERIFY } from '../support/messages.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { observeEvents, type RecordedEvent, watchEvents } from '../support/recorded-events.ts';
import { runSql } from '../support/sql.ts';

const latchkey = useTestApp({ env: { REFRESH_GRACE_SECONDS: '0' } });
beforeAll(async () => {
  await watchEvents(latchkey.databaseUrl);
});

const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

const observe = (client: GraphQLClient, query: string, variables: object = {}, atLeast = 0) =>
  observeEvents(latchkey, client, query, variables, atLeast);

/** Who did what to whom: the part of an event that differs from use case to use case. */
const facts = (events: RecordedEvent[]) =>
  events.map(({ type, outcome, actorId, subjectId, sessionId }) => [
    type,
    outcome,
    actorId,
    subjectId,
    sessionId,
  ]);

/** All events came by the one transaction that wrote these sessions last. */
async function expectOneTransaction(events: RecordedEvent[], ...sessionIds: string[]): Promise<void> {
  const rows = await sql('SELECT xmin::text AS transaction FROM sessions WHERE id = ANY($1)', [sessionIds]);
  expect(rows).toHaveLength(sessionIds.length);
  expect(new Set([...events, ...rows].map(({ transaction }) => transaction)).size).toBe(1);
}

/** Else the batch that notes the first use of sessions each second may be the last to write the row. */
const noteUse = (sessionId: string) =>
  sql('UPDATE sessions SET confirmed_generation = 0 WHERE id = $1', [sessionId]);

async function signedUp(input: { name?: string } = {}) {
  const account = newAccount();
  const client = latchkey.client();
  const { user, session } = await client.signup({ ...account, ...input });
  await noteUse(session.id);
  return { account, client, userId: user.id, sessionId: session.id };
}

async function signedInAgain(account: { email: string }) {
  const client = latchkey.client();
  const { session } = await client.login({ identifier: account.email, password: PASSWORD });
  await noteUse(session.id);
  return { client, sessionId: session.id };
}

describe('signing up', () => {
  test('leaves user.registered, session.created and user.email_verification_sent', async () => {
    const { data, events } = await observe(latchkey.client(), SIGNUP, { input: newAccount() });
    const { user, session } = data.signup;
    expect(facts(events)).toEqual([
      ['session.created', 'SUCCESS', user.id, user.id, session.id],
      ['user.email_verification_sent', 'SUCCESS', null, user.id, null],
      ['user.registered', 'SUCCESS', user.id, user.id, null],
    ]);
    const [{ expires_at: expiresAt } = {}] = await sql('SELECT expires_at FROM sessions WHERE id = $1', [
      session.id,
    ]);
    expect(events.map(({ data }) => data)).toEqual([
      {
        userId: user.id,
        sessionId: session.id,
        sessionRevision: 0,
        expiresAt: (expiresAt as Date).toISOString(),
      },
      { userId: user.id },
      { userId: user.id },
    ]);
    await expectOneTransaction(events, session.id);
  });

  test('that is refused leaves none', async () => {
    const { account } = await signedUp();
    const { data, events } = await observe(latchkey.client(), SIGNUP, { input: account });
    expect(data.signup.code).toBe('EMAIL_TAKEN');
    expect(events).toEqual([]);
  });
});

describe('signing in', () => {
  const login = (identifier: string, password = PASSWORD) =>
    observe(latchkey.client(), LOGIN, { input: { identifier, password } });

  test('leaves session.created and user.login', async () => {
    const { account, userId } = await signedUp();
    const { data, events } = await login(account.email);
    const sessionId = data.login.session.id;
    expect(facts(events)).toEqual([
      ['session.created', 'SUCCESS', userId, userId, sessionId],
      ['user.login', 'SUCCESS', userId, userId, sessionId],
    ]);
    await expectOneTransaction(events, sessionId);
  });

  test('with a wrong password leaves user.login_failed about the account, by nobody known', async () => {
    const { account, userId } = await signedUp();
    const { events } = await login(account.email, 'not the right password');
    expect(facts(events)).toEqual([['user.login_failed', 'FAILURE', null, userId, null]]);
  });

  test('as an unknown user leaves user.login_failed about nobody, and not what was typed', async () => {
    const { events } = await login('my password by mistake', 'not the right password');
    expect(facts(events)).toEqual([['user.login_failed', 'FAILURE', null, null, null]]);
    expect(JSON.stringify(events)).not.toMatch(/mistake|right/);
  });

  test('to a disabled account leaves user.login_failed by its owner, who knew the password', async () => {
    const { account, userId } = await signedUp();
    await sql(`UPDATE users SET account_status = 'DISABLED' WHERE id = $1`, [userId]);
    const { data, events } = await login(account.email);
    expect(data.login.code).toBe('ACCOUNT_DISABLED');
    expect(facts(events)).toEqual([['user.login_failed', 'FAILURE', userId, userId, null]]);
  });

  test('beyond the limit leaves session.terminated for the oldest session, by the system', async () => {
    const { account, userId, sessionId: oldest } = await signedUp();
    for (let i = 0; i < 4; i += 1) await signedInAgain(account);
    const { data, events } = await login(account.email);
    const sessionId = data.login.session.id;
    expect(facts(events)).toEqual([
      ['session.created', 'SUCCESS', userId, userId, sessionId],
      ['session.terminated', 'SUCCESS', null, userId, oldest],
      ['user.login', 'SUCCESS', userId, userId, sessionId],
    ]);
    expect(events[1]?.data).toEqual({
      userId,
      sessionId: oldest,
      sessionRevision: 1,
      reason: 'SESSION_LIMIT',
    });
    await expectOneTransaction(events, sessionId, oldest);
  });
});

describe('refreshing', () => {
  test('leaves token.refreshed', async () => {
    const { client, userId, sessionId } = await signedUp();
    const { events } = await observe(latchkey.client(), REFRESH, {
      input: { refreshToken: client.refreshToken },
    });
    expect(facts(events)).toEqual([['token.refreshed', 'SUCCESS', userId, userId, sessionId]]);
    await expectOneTransaction(events, sessionId);
  });

  test('by a used-up token leaves the detection and the end of the session, by nobody known', async () => {
    const { client, userId, sessionId } = await signedUp();
    const usedUp = client.refreshToken;
    await client.refresh();
    await client.refresh();
    const { data, events } = await observe(latchkey.client(), REFRESH, { input: { refreshToken: usedUp } });
    expect(data.refreshSession.endReason).toBe('TOKEN_REUSED');
    expect(facts(events)).toEqual([
      ['session.refresh_token_reused', 'FAILURE', null, userId, sessionId],
      ['session.terminated', 'SUCCESS', null, userId, sessionId],
    ]);
    expect(events[1]?.data).toEqual({ userId, sessionId, sessionRevision: 3, reason: 'TOKEN_REUSED' });
    await expectOneTransaction(events, sessionId);
  });

  test('by a forged token leaves token.refresh_refused, of no session: anyone can write its id', async () => {
    const { client } = await signedUp();
    const genuine = client.refreshToken ?? '';
    const forged = `${genuine.slice(0, -8)}${genuine.slice(-8) === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA'}`;
    const { events } = await observe(client, REFRESH, { input: { refreshToken: forged } }, 1);
    expect(facts(events)).toEqual([['token.refresh_refused', 'FAILURE', null, null, null]]);
    expect(JSON.stringify(events)).not.toContain(forged.slice(-20));
  });
});

describe('ending sessions', () => {
  test('by logout leaves session.terminated and user.logout', async () => {
    const { client, userId, sessionId } = await signedUp();
    const { events } = await observe(client, 'mutation { logout { count } }');
    expect(facts(events)).toEqual([
      ['session.terminated', 'SUCCESS', userId, userId, sessionId],
      ['user.logout', 'SUCCESS', userId, userId, sessionId],
    ]);
    expect(events[0]?.data).toEqual({ userId, sessionId, sessionRevision: 1, reason: 'LOGOUT' });
    await expectOneTransaction(events, sessionId);
  });

  test('by terminateSession leaves session.terminated once, however often it is called', async () => {
    const { account, client, userId } = await signedUp();
    const { sessionId } = await signedInAgain(account);
    const terminate = () =>
      observe(client, 'mutation ($id: ID!) { terminateSession(id: $id) { __typename } }', { id: sessionId });
    const { events } = await terminate();
    expect(facts(events)).toEqual([['session.terminated', 'SUCCESS', userId, userId, sessionId]]);
    await expectOneTransaction(events, sessionId);
    expect((await terminate()).events).toEqual([]);
  });

  test('by terminateOtherSessions leaves one session.terminated each, and the bulk event beside', async () => {
    const { account, client, userId } = await signedUp();
    const others = [await signedInAgain(account), await signedInAgain(account)]
      .map(({ sessionId }) => sessionId)
      .sort();
    const { events } = await observe(client, 'mutation { terminateOtherSessions { __typename } }');
    expect(facts(events)).toEqual([
      ...others.map((id) => ['session.terminated', 'SUCCESS', userId, userId, id]),
      ['sessions.bulk_terminated', 'SUCCESS', userId, userId, null],
    ]);
    const bulk = events[2]?.data;
    expect(bulk).toEqual({
      userId,
      sessionIds: expect.arrayContaining(others),
      reason: 'TERMINATED_BY_USER',
    });
    expect(bulk?.['sessionIds']).toHaveLength(2);
    await expectOneTransaction(events, ...others);
  });

  test('by an administrator names both: who did it, and whose session it was', async () => {
    const { client: ofUser, userId, sessionId } = await signedUp();
    const administrator = await signedUp();
    await sql(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [administrator.userId]);
    await administrator.client.refresh();
    const { events } = await observe(
      administrator.client,
      'mutation ($id: ID!) { terminateUserSessions(userId: $id) { count } }',
      { id: userId },
    );
    expect(facts(events)).toEqual([
      ['session.terminated', 'SUCCESS', administrator.userId, userId, sessionId],
    ]);
    expect(events[0]?.data).toEqual({ userId, sessionId, sessionRevision: 1, reason: 'TERMINATED_BY_ADMIN' });
    expect((await ofUser.refresh()).endReason).toBe('TERMINATED_BY_ADMIN');
  });
});

describe('showing the password again', () => {
  const CHANGE = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }`;
  const newPassword = 'another horse, another staple';

  test('by reauthenticate leaves the end of the old session and the new one', async () => {
    const { client, userId, sessionId } = await signedUp();
    const { data, events } = await observe(client, REAUTHENTICATE, { password: PASSWORD });
    const opened = data.reauthenticate.session.id;
    expect(facts(events)).toEqual([
      ['session.created', 'SUCCESS', userId, userId, opened],
      ['session.terminated', 'SUCCESS', userId, userId, sessionId],
    ]);
    expect(events[1]?.data['reason']).toBe('REAUTHENTICATED');
    await expectOneTransaction(events, sessionId, opened);
  });

  test('by changePassword leaves user.password_changed and the end of each other session', async () => {
    const { account, client, userId, sessionId } = await signedUp();
    const other = await signedInAgain(account);
    const { events } = await observe(client, CHANGE, { input: { currentPassword: PASSWORD, newPassword } });
    expect(facts(events)).toEqual([
      ['session.terminated', 'SUCCESS', userId, userId, other.sessionId],
      ['user.password_changed', 'SUCCESS', userId, userId, sessionId],
    ]);
    expect(events[0]?.data['reason']).toBe('PASSWORD_CHANGED');
    expect(JSON.stringify(events)).not.toMatch(/horse|staple/);
    await expectOneTransaction(events, other.sessionId);
  });

  test.each([
    ['reauthenticate', REAUTHENTICATE, { password: 'not the right password' }],
    ['changePassword', CHANGE, { input: { currentPassword: 'not the right password', newPassword } }],
  ])('wrongly, by %s, leaves user.password_check_failed', async (_name, mutation, variables) => {
    const { client, userId, sessionId } = await signedUp();
    const { events } = await observe(client, mutation, variables);
    expect(facts(events)).toEqual([['user.password_check_failed', 'FAILURE', userId, userId, sessionId]]);
  });
});

describe('a profile change', () => {
  const UPDATE = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }`;

  test('leaves user.profile_updated, with the names of what changed and not the values', async () => {
    const { client, account, userId, sessionId } = await signedUp();
    const input = { username: account.username, name: 'Ada' };
    const { events } = await observe(client, UPDATE, { input });
    expect(facts(events)).toEqual([['user.profile_updated', 'SUCCESS', userId, userId, sessionId]]);
    expect(events[0]?.data).toEqual({ userId, changed: ['name'] });
    const again = await observe(client, UPDATE, { input });
    expect(again.data.updateProfile).toEqual({ __typename: 'UserUpdated' });
    expect(again.events).toEqual([]);
  });

  test('that is refused leaves none', async () => {
    const { account } = await signedUp();
    const { client } = await signedUp();
    const { events } = await observe(client, UPDATE, { input: { username: account.username } });
    expect(events).toEqual([]);
  });
});

describe('a refused access', () => {
  test('is recorded once per request, with the number of refusals', async () => {
    const { userId: other } = await signedUp();
    const { client, userId, sessionId } = await signedUp();
    const { errors, events } = await observe(
      client,
      'query ($id: ID!) { a: user(id: $id) { email roles } b: user(id: $id) { email } }',
      { id: other },
      1,
    );
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual([
      'FORBIDDEN',
      'FORBIDDEN',
      'FORBIDDEN',
    ]);
    expect(facts(events)).toEqual([['access.denied', 'FAILURE', userId, null, sessionId]]);
    expect(events[0]?.data).toEqual({ code: 'FORBIDDEN', count: 3 });
  });

  test('of a stranger is not recorded: anyone could fill the log', async () => {
    const { userId } = await signedUp();
    const { client } = await signedUp();
    const ask = 'query ($id: ID!) { user(id: $id) { email } }';
    const { errors, requestId } = await observe(latchkey.client(), ask, { id: userId });
    expect(errors).toHaveLength(1);
    // What was counted before is written by then.
    await observe(client, ask, { id: userId }, 1);
    expect(await sql('SELECT FROM events WHERE request_id = $1', [requestId])).toEqual([]);
  });
});

describe('a refused credential', () => {
  const ME = '{ me { id } }';

  /** What is recorded of a request with this token. */
  async function refusalOf(accessToken: string) {
    const client = bearing(latchkey, accessToken);
    const { errors, events } = await observe(client, ME, {}, 1);
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['UNAUTHENTICATED']);
    expect(JSON.stringify(events)).not.toContain(accessToken.slice(-20));
    return events.map(({ type, outcome, actorId, subjectId, sessionId, data }) => {
      expect([type, outcome, actorId]).toEqual(['credential.refused', 'FAILURE', null]);
      return { subjectId, sessionId, ...data };
    });
  }

  test.each([
    ['forged', 'access_token', (token: string) => `${token.slice(0, -8)}AAAAAAAA`],
    ['of another kind', 'unknown', () => 'a password by mistake'.replaceAll(' ', '-')],
    ['that nobody has', 'personal_access_token', () => `lkp_${'a'.repeat(45)}`],
  ])('%s is recorded without a subject: anyone can write one', async (_what, credential, of) => {
    const { client } = await signedUp();
    expect(await refusalOf(of(client.accessToken ?? ''))).toEqual([
      { subjectId: null, sessionId: null, credential, reason: 'invalid', count: 1 },
    ]);
  });

  test('of an ended session is recorded with the session: its access token and its refresh token', async () => {
    const { client, userId, sessionId } = await signedUp();
    const { accessToken, refreshToken } = client;
    await client.data('mutation { logout { count } }');
    const of = { subjectId: userId, sessionId, userId, count: 1 };
    expect(await refusalOf(accessToken ?? '')).toEqual([
      { ...of, credential: 'access_token', reason: 'revoked' },
    ]);
    const { events } = await observe(latchkey.client(), REFRESH, { input: { refreshToken } }, 1);
    expect(facts(events)).toEqual([['token.refresh_refused', 'FAILURE', null, userId, sessionId]]);
    expect(events[0]?.data).toEqual({ userId, sessionId, reason: 'ended', count: 1 });
  });

  test.each([
    ['revoked', 'revoked', "revoked_at = now(), revoke_reason = 'REVOKED'"],
    ['expired', 'expired', "expires_at = now() - interval '1 second'"],
  ])('that was %s is recorded with the personal access token', async (_how, reason, change) => {
    const { client, userId } = await signedUp();
    const { id, token } = await makeToken(client, 'profile:read');
    await sql(`UPDATE personal_access_tokens SET ${change} WHERE id = $1`, [id]);
    expect(await refusalOf(token)).toEqual([
      {
        subjectId: userId,
        sessionId: null,
        userId,
        personalAccessTokenId: id,
        credential: 'personal_access_token',
        reason,
        count: 1,
      },
    ]);
  });

  test('that asks for what it may not is named in access.denied', async () => {
    const { client, userId } = await signedUp();
    const { id, token } = await makeToken(client, 'sessions:read');
    const { events } = await observe(bearing(latchkey, token), '{ authEvents { nodes { id } } }', {}, 1);
    expect(facts(events)).toEqual([['access.denied', 'FAILURE', userId, null, null]]);
    expect(events[0]?.data).toEqual({ code: 'FORBIDDEN', personalAccessTokenId: id, count: 1 });
  });

  test('of a message is recorded: one of nobody, one that has expired, and one for something else', async () => {
    const { account, userId } = await signedUp();
    const token = await latchkey.mail.tokenTo(account.email);
    const verify = async (text: string) => {
      const { events } = await observe(latchkey.client(), VERIFY, { token: text }, 1);
      expect(JSON.stringify(events)).not.toContain(text);
      return [facts(events), events[0]?.data];
    };
    const refused = (subjectId: string | null) => [
      ['one_time_token.refused', 'FAILURE', null, subjectId, null],
    ];
    const unknown = `lko_${'a'.repeat(43)}`;
    expect(await verify(unknown)).toEqual([refused(null), { reason: 'unknown', count: 1 }]);
    const { events } = await observe(
      latchkey.client(),
      RESET,
      { token, password: 'another horse, another staple' },
      1,
    );
    expect(events[0]?.data).toEqual({ userId, purpose: 'verify_email', reason: 'other_purpose', count: 1 });
    await sql("UPDATE one_time_tokens SET expires_at = now() - interval '1 second' WHERE user_id = $1", [
      userId,
    ]);
    expect(await verify(token)).toEqual([
      refused(userId),
      { userId, purpose: 'verify_email', reason: 'expired', count: 1 },
    ]);
  });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { newAccount } from '../support/client.ts';
import {
  errorCodeOf,
  expectSignedIn,
  expectSignedOut,
  signIn,
  signInAdministrator,
} from '../support/signed-in.ts';
import { rewind } from '../support/time-travel.ts';

const MINUTE = 60;

const latchkey = useTestApp();

describe('currentSession', () => {
  const CURRENT = `{ currentSession { id status current ipAddress createdAt lastActiveAt expiresAt idleExpiresAt
    endedAt endReason user { id email } device { kind browser os userAgent } } }`;

  test('tells all there is to know of the calling session', async () => {
    const visitor = latchkey.client();
    const { user, session } = await visitor.signup();
    const { currentSession } = await visitor.data(CURRENT);
    expect(currentSession).toMatchObject({
      id: session.id,
      status: 'ACTIVE',
      current: true,
      ipAddress: '127.0.0.1',
      endedAt: null,
      endReason: null,
      user: { id: user.id, email: user.email },
      device: { kind: 'OTHER', userAgent: 'node' },
    });
    const { createdAt, lastActiveAt, idleExpiresAt, expiresAt } = currentSession;
    expect(lastActiveAt).toBe(createdAt);
    expect(secondsBetween(createdAt, idleExpiresAt)).toBe(7 * 24 * 60 * MINUTE);
    expect(secondsBetween(createdAt, expiresAt)).toBe(30 * 24 * 60 * MINUTE);
  });

  test('describes the device that signed in, not the one that asks', async () => {
    const userAgent =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1';
    const phone = latchkey.client();
    const { data } = await phone.send(
      'mutation ($input: SignupInput!) { signup(input: $input) { ... on Authentication { accessToken } } }',
      { input: newAccount() },
      { 'user-agent': userAgent },
    );
    phone.accessToken = data.signup.accessToken;
    const { device } = (await phone.data(CURRENT)).currentSession;
    expect(device).toEqual({ kind: 'MOBILE', browser: 'Safari 18', os: 'iOS', userAgent });
  });

  test('is null for nobody, and an error for a credential that is not good', async () => {
    const visitor = latchkey.client();
    expect((await visitor.data(CURRENT)).currentSession).toBeNull();
    visitor.accessToken = 'expired.or.worse';
    expect(await errorCodeOf(visitor.send(CURRENT))).toBe('UNAUTHENTICATED');
  });
});

describe('terminateSession', () => {
  const TERMINATE = `mutation ($id: ID!) { terminateSession(id: $id) { __typename
    ... on SessionsTerminated { count sessions { id status endReason } } ... on AuthError { code message } } }`;

  test("ends one's own session at once, access token and refresh token, and no other", async () => {
    const [caller, other, third] = await signIn(latchkey, 3);
    const { terminateSession } = await caller.client.data(TERMINATE, { id: other.id });
    expect(terminateSession).toEqual({
      __typename: 'SessionsTerminated',
      count: 1,
      sessions: [{ id: other.id, status: 'ENDED', endReason: 'TERMINATED_BY_USER' }],
    });
    await expectSignedOut(other.client, 'TERMINATED_BY_USER');
    await expectSignedIn(caller.client, third.client);
  });

  test('ends the calling session too', async () => {
    const [caller] = await signIn(latchkey, 1);
    const { terminateSession } = await caller.client.data(TERMINATE, { id: caller.id });
    expect(terminateSession.count).toBe(1);
    await expectSignedOut(caller.client, 'TERMINATED_BY_USER');
  });

  test("counts none for one's own session that has ended already", async () => {
    const [caller, other] = await signIn(latchkey, 2);
    await other.client.data(LOGOUT);
    const { terminateSession } = await caller.client.data(TERMINATE, { id: other.id });
    expect(terminateSession).toEqual({ __typename: 'SessionsTerminated', count: 0, sessions: [] });
    expect(await other.client.refresh()).toMatchObject({ endReason: 'LOGOUT' });
  });

  test("does not tell someone else's session from one that does not exist", async () => {
    const [caller] = await signIn(latchkey, 1);
    const [stranger] = await signIn(latchkey, 1);
    const [ended] = await signIn(latchkey, 1);
    await ended.client.data(LOGOUT);
    const answers = [];
    for (const id of [stranger.id, ended.id, randomUUID()])
      answers.push((await caller.client.data(TERMINATE, { id })).terminateSession);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0].code).toBe('NOT_FOUND');
    await expectSignedIn(stranger.client);
  });

  test("ends someone else's for an administrator, who is named as the reason", async () => {
    const [stranger] = await signIn(latchkey, 1);
    const administrator = await signInAdministrator(latchkey);
    expect((await administrator.data(TERMINATE, { id: stranger.id })).terminateSession.count).toBe(1);
    await expectSignedOut(stranger.client, 'TERMINATED_BY_ADMIN');
  });

  test('is for those who are signed in, and for ids', async () => {
    const [caller] = await signIn(latchkey, 1);
    expect(await errorCodeOf(latchkey.client().send(TERMINATE, { id: caller.id }))).toBe('UNAUTHENTICATED');
    expect(await errorCodeOf(caller.client.send(TERMINATE, { id: "1' OR true" }))).toBe('BAD_USER_INPUT');
  });
});

describe('terminateOtherSessions', () => {
  const TERMINATE_OTHERS = `mutation { terminateOtherSessions { __typename
    ... on SessionsTerminated { count sessions { id endReason } } ... on AuthError { code } } }`;

  test('ends every session of the caller but the calling one', async () => {
    const [first, caller, third] = await signIn(latchkey, 3);
    const [stranger] = await signIn(latchkey, 1);
    const { terminateOtherSessions } = await caller.client.data(TERMINATE_OTHERS);
    expect(terminateOtherSessions.count).toBe(2);
    const ended = terminateOtherSessions.sessions.map(({ id }: { id: string }) => id);
    expect(new Set(ended)).toEqual(new Set([first.id, third.id]));
    await expectSignedOut(first.client, 'TERMINATED_BY_USER');
    await expectSignedOut(third.client, 'TERMINATED_BY_USER');
    await expectSignedIn(caller.client, stranger.client);
    expect((await caller.client.data(TERMINATE_OTHERS)).terminateOtherSessions.count).toBe(0);
  });

  test('asks for a recent sign-in after ten minutes: a thief must not throw the owner out', async () => {
    const [caller, other] = await signIn(latchkey, 2);
    await rewind(latchkey.databaseUrl, caller.id, 9 * MINUTE);
    expect((await caller.client.data(TERMINATE_OTHERS)).terminateOtherSessions.count).toBe(1);
    await rewind(latchkey.databaseUrl, caller.id, MINUTE + 1);
    const { terminateOtherSessions } = await caller.client.data(TERMINATE_OTHERS);
    expect(terminateOtherSessions.code).toBe('REAUTHENTICATION_REQUIRED');
    await expectSignedOut(other.client, 'TERMINATED_BY_USER');
  });

  test('refreshing is no recent sign-in', async () => {
    const [caller, other] = await signIn(latchkey, 2);
    await rewind(latchkey.databaseUrl, caller.id, 11 * MINUTE);
    await caller.client.refresh();
    const { terminateOtherSessions } = await caller.client.data(TERMINATE_OTHERS);
    expect(terminateOtherSessions.code).toBe('REAUTHENTICATION_REQUIRED');
    await expectSignedIn(caller.client, other.client);
  });

  test('is for those who are signed in', async () => {
    expect(await errorCodeOf(latchkey.client().send(TERMINATE_OTHERS))).toBe('UNAUTHENTICATED');
  });
});

describe('terminateUserSessions', () => {
  const TERMINATE_ALL =
    'mutation ($userId: ID!) { terminateUserSessions(userId: $userId) { count sessions { id endReason } } }';

  test('ends all sessions of a user for an administrator', async () => {
    const [first, second] = await signIn(latchkey, 2);
    const [bystander] = await signIn(latchkey, 1);
    const administrator = await signInAdministrator(latchkey);
    const { terminateUserSessions } = await administrator.data(TERMINATE_ALL, { userId: first.userId });
    expect(terminateUserSessions.count).toBe(2);
    await expectSignedOut(first.client, 'TERMINATED_BY_ADMIN');
    await expectSignedOut(second.client, 'TERMINATED_BY_ADMIN');
    await expectSignedIn(bystander.client, administrator);
    const again = await administrator.data(TERMINATE_ALL, { userId: first.userId });
    expect(again.terminateUserSessions).toEqual({ count: 0, sessions: [] });
  });

  test('counts none for a user who does not exist', async () => {
    const administrator = await signInAdministrator(latchkey);
    const { terminateUserSessions } = await administrator.data(TERMINATE_ALL, { userId: randomUUID() });
    expect(terminateUserSessions.count).toBe(0);
    expect(await errorCodeOf(administrator.send(TERMINATE_ALL, { userId: '1' }))).toBe('BAD_USER_INPUT');
  });

  test("is for administrators, even where the sessions are one's own", async () => {
    const [caller] = await signIn(latchkey, 1);
    const [stranger] = await signIn(latchkey, 1);
    for (const { userId } of [caller, stranger]) {
      expect(await errorCodeOf(caller.client.send(TERMINATE_ALL, { userId }))).toBe('FORBIDDEN');
      expect(await errorCodeOf(latchkey.client().send(TERMINATE_ALL, { userId }))).toBe('UNAUTHENTICATED');
    }
    await expectSignedIn(caller.client, stranger.client);
  });
});

const LOGOUT = 'mutation { logout { count } }';

function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

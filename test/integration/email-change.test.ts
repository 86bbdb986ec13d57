import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, LOGIN, ME, newAccount, PASSWORD } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import {
  CANCEL_CHANGE,
  CONFIRM_CHANGE,
  confirmAddress,
  REQUEST_CHANGE,
  REQUEST_RESET,
  RESET,
  send,
} from '../support/messages.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';
import { tokenIn } from '../support/recording-mail.ts';
import { runSql } from '../support/sql.ts';

const latchkey = useTestApp();
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

async function owner() {
  const { email, username } = newAccount();
  const client = latchkey.client();
  await client.signup({ email, username });
  await confirmAddress(latchkey, email);
  return { client, email, username };
}

async function ask(client: GraphQLClient, email: string, count = 1): Promise<string> {
  expect((await send(client, REQUEST_CHANGE, { email })).__typename).toBe('AuthRequestAccepted');
  return latchkey.mail.tokenTo(email, 'confirm-email-change', count);
}

const confirm = (token: string) => send(latchkey.client(), CONFIRM_CHANGE, { token });
const cancel = (token: string) => send(latchkey.client(), CANCEL_CHANGE, { token });

test('the new address is the account’s once it is confirmed, and its sessions go on', async () => {
  const { client, email, username } = await owner();
  const next = newAccount().email;
  const token = await ask(client, next);
  // A message whose link has ended is not sent any more.
  await latchkey.mail.tokenTo(email, 'cancel-email-change');
  expect((await client.data(ME)).me.email).toBe(email);
  expect(await confirm(token)).toMatchObject({
    __typename: 'UserUpdated',
    user: { email: next, emailVerified: true, username },
  });
  expect((await client.data(ME)).me.email).toBe(next);
  expect((await client.refresh()).__typename).toBe('Authentication');
  await latchkey.client().login({ identifier: next, password: PASSWORD });
  const before = { input: { identifier: email, password: PASSWORD } };
  expect((await send(latchkey.client(), LOGIN, before)).__typename).toBe('InvalidCredentialsError');
  const told = (await latchkey.mail.to(email, 3)).map(({ subject }) => subject);
  expect(told.slice(1)).toEqual([
    'The email address of your account at Latchkey is about to change',
    'The email address of your account at Latchkey has changed',
  ]);
  for (const { text } of (await latchkey.mail.to(email)).slice(1))
    expect(text).toContain(`${next[0]}***@example.com`);
});

test('the old address cancels a change that is not confirmed', async () => {
  const { client, email } = await owner();
  const token = await ask(client, newAccount().email);
  const cancellation = await latchkey.mail.tokenTo(email, 'cancel-email-change');
  expect(await cancel(cancellation)).toEqual({ __typename: 'EmailChangeCancelled', cancelled: true });
  expect((await confirm(token))['code']).toBe('INVALID_TOKEN');
  expect((await cancel(cancellation))['code']).toBe('INVALID_TOKEN');
  expect((await client.data(ME)).me.email).toBe(email);
});

test('an older confirmation never confirms a newer request', async () => {
  const { client, email } = await owner();
  const [first, second] = [newAccount().email, newAccount().email];
  const older = await ask(client, first);
  const olderCancellation = await latchkey.mail.tokenTo(email, 'cancel-email-change');
  const newer = await ask(client, second);
  await latchkey.mail.tokenTo(email, 'cancel-email-change', 2);
  expect((await confirm(older))['code']).toBe('INVALID_TOKEN');
  expect((await cancel(olderCancellation))['code']).toBe('INVALID_TOKEN');
  expect(await confirm(newer)).toMatchObject({ user: { email: second } });
  expect((await confirm(newer))['code']).toBe('INVALID_TOKEN');
});

test('of fifty parallel confirmations of one address by two users one wins, and the other is told', async () => {
  const [a, b] = [await owner(), await owner()];
  const wanted = newAccount().email;
  const tokens = [await ask(a.client, wanted), await ask(b.client, wanted, 2)];
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => confirm(tokens[i % 2] ?? '')));
  const byUser = [0, 1].map((user) =>
    answers.filter((_, i) => i % 2 === user).map(({ __typename }) => __typename),
  );
  const winner = byUser.findIndex((types) => types.includes('UserUpdated'));
  const [won = [], lost = []] = [byUser[winner], byUser[1 - winner]];
  expect(won.filter((type) => type === 'UserUpdated')).toHaveLength(1);
  expect(new Set(won)).toEqual(new Set(['UserUpdated', 'InvalidTokenError']));
  expect(lost).toContain('EmailTakenError');
  expect(lost).not.toContain('UserUpdated');
  expect(await sql('SELECT FROM users WHERE email_key = $1', [wanted])).toHaveLength(1);
  // Both owners were told when it was asked for, at their old address.
  for (const { email } of [a, b]) await latchkey.mail.tokenTo(email, 'cancel-email-change');
});

test('asking needs a session with a recent sign-in, and tells nothing about the new address', async () => {
  const { client } = await owner();
  const { email: taken } = await owner();
  const answers = [taken, newAccount().email].map((email) => send(client, REQUEST_CHANGE, { email }));
  const [known, unknown] = await Promise.all(answers);
  expect(known).toEqual(unknown);
  expect((await send(client, REQUEST_CHANGE, { email: 'no address' }))['fields']).toEqual([
    { path: ['newEmail'], code: 'MALFORMED' },
  ]);
  const { token: script } = await makeToken(client, 'profile:read', 'profile:write');
  const byScript = await bearing(latchkey, script).send(REQUEST_CHANGE, { email: taken });
  expect(byScript.errors[0]?.extensions['code']).toBe('FORBIDDEN');
  await sql(
    `UPDATE sessions SET authentication_methods = jsonb_build_array(jsonb_build_object('method', 'pwd',
       'completedAt', now() - interval '11 minutes'))`,
  );
  expect((await send(client, REQUEST_CHANGE, { email: taken })).__typename).toBe(
    'ReauthenticationRequiredError',
  );
});

test('an account that proves an address for the first time by it loses all that its creator holds', async () => {
  const { email, username } = newAccount();
  const client = latchkey.client();
  await client.signup({ email, username });
  const { token: script } = await makeToken(client, 'profile:read');
  // To the same address: whoever confirms it proves it.
  expect((await confirm(await ask(client, email))).__typename).toBe('UserUpdated');
  expect(await client.refresh()).toMatchObject({ endReason: 'EMAIL_VERIFIED' });
  expect((await bearing(latchkey, script).send(ME)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  const [told] = (await latchkey.mail.to(email, 3)).filter(({ subject }) =>
    subject.includes('about to change'),
  );
  // An unconfirmed address may be a stranger's: nothing that was typed goes there.
  expect(told?.text).toContain('is to become another one');
});

test('an address gets at most five messages of a kind an hour, and a reset is another kind', async () => {
  const { email, client } = await owner();
  for (let i = 0; i < 5; i += 1) await ask(client, newAccount().email);
  expect((await send(client, REQUEST_CHANGE, { email: newAccount().email })).__typename).toBe(
    'AuthRateLimitedError',
  );
  for (let i = 0; i < 7; i += 1) await send(latchkey.client(), REQUEST_RESET, { email });
  await eventually(async () => (await sql('SELECT FROM deferred_requests')).length === 0);
  const rows = await sql("SELECT FROM mails WHERE recipient = $1 AND kind = 'reset-password'", [email]);
  expect(rows.length).toBeLessThanOrEqual(5);
  // The latest message that was sent has the valid link.
  await eventually(async () => (await sql('SELECT FROM mails WHERE sent_at IS NULL')).length === 0);
  const links = (await latchkey.mail.to(email)).filter(({ text }) => text.includes('reset-password#token='));
  const token = tokenIn(links.at(-1));
  expect(
    (await send(latchkey.client(), RESET, { token, password: 'another horse, another staple' })).__typename,
  ).toBe('PasswordChanged');
});

test('a link to the old address sets no password after the change', async () => {
  const { client, email } = await owner();
  await send(latchkey.client(), REQUEST_RESET, { email });
  const reset = await latchkey.mail.tokenTo(email, 'reset-password');
  expect((await confirm(await ask(client, newAccount().email))).__typename).toBe('UserUpdated');
  const answer = await send(latchkey.client(), RESET, {
    token: reset,
    password: 'another horse, another staple',
  });
  expect(answer['code']).toBe('INVALID_TOKEN');
});

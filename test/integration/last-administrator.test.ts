import { beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { CREATE_USER, DELETE_USER, UPDATE_USER } from '../support/administration.ts';
import { useTestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { newAccount, PASSWORD } from '../support/client.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { DELETE, NEW_PASSWORD, RESET, send } from '../support/messages.ts';
import { newSecrets } from '../support/secrets.ts';
import { expectSignedIn, signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

type Administrator = Awaited<ReturnType<typeof signInWithRoles>>;

/** A way by which an administrator would stop being one; returns whether it was refused. */
type Way = (target: Administrator, by: Administrator) => Promise<boolean>;

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

const isForbidden =
  (query: string, variables: (target: Administrator) => object): Way =>
  async (target, by) => {
    const { errors } = await by.client.send(query, variables(target));
    // UNAUTHENTICATED: the other one has ended the caller's session before.
    expect([undefined, 'FORBIDDEN', 'UNAUTHENTICATED']).toContain(errors[0]?.extensions['code']);
    return errors.length > 0;
  };

/** By the operator. */
const byCommand =
  (
    work: (
      email: string,
    ) => (services: Parameters<Parameters<typeof withServicesBeside>[2]>[0]) => Promise<{ kind: string }>,
  ): Way =>
  ({ email }) =>
    withServicesBeside(latchkey.databaseUrl, secrets, async (services) => {
      const { kind } = await work(email)(services);
      return kind === 'last_administrator';
    });

const ways: Readonly<Record<string, Way>> = {
  'updateUser, other roles': isForbidden(UPDATE_USER, ({ id }) => ({ id, input: { roles: ['user'] } })),
  'updateUser, disabled': isForbidden(UPDATE_USER, ({ id }) => ({
    id,
    input: { accountStatus: 'DISABLED' },
  })),
  deleteUser: isForbidden(DELETE_USER, ({ id }) => ({ id })),
  deleteAccount: (target) => isForbidden(DELETE, () => ({ password: PASSWORD }))(target, target),
  'the command set-roles': byCommand(
    (email) =>
      ({ userAdministration }) =>
        userAdministration.changeRoles(email, ['user']),
  ),
  'the command users disable': byCommand(
    (email) =>
      ({ userAdministration }) =>
        userAdministration.changeStatus(email, 'DISABLED'),
  ),
};

const signInAdministrator = () => signInWithRoles(latchkey, 'user', 'admin');

const administrators = async () =>
  (await sql("SELECT id FROM users WHERE account_status = 'ACTIVE' AND 'admin' = ANY(roles)")).map(
    ({ id }) => id,
  );

beforeEach(() => sql("UPDATE users SET roles = '{user}'"));

const all = Object.entries(ways);

describe.each(all)('by %s', (name, leave) => {
  test('the last active administrator stays, and nothing else of the change happens', async () => {
    const [last, disabled] = [await signInAdministrator(), await signInAdministrator()];
    await sql("UPDATE users SET account_status = 'DISABLED' WHERE id = $1", [disabled.id]);
    expect(await leave(last, last)).toBe(true);
    expect(await administrators()).toEqual([last.id]);
    await expectSignedIn(last.client);
    await sql("UPDATE users SET account_status = 'ACTIVE' WHERE id = $1", [disabled.id]);
    expect(await leave(last, last)).toBe(false);
    expect(await administrators()).toEqual([disabled.id]);
  });

  // Each pair once.
  test.each(all.slice(Object.keys(ways).indexOf(name)))(
    'of two who leave at once, the other by %s, one stays',
    async (_other, leaveToo) => {
      const [a, b] = [await signInAdministrator(), await signInAdministrator()];
      // Both have got as far as the question whether another is left.
      const release = await holdQuestion();
      const refused = [leave(a, b), leaveToo(b, a)];
      await untilLockWaits(latchkey.databaseUrl, 2);
      await release();
      expect((await Promise.all(refused)).sort()).toEqual([false, true]);
      expect(await administrators()).toHaveLength(1);
    },
  );
});

test('an administrator who was invited and has not come yet does not count', async () => {
  const last = await signInAdministrator();
  const { email } = newAccount();
  await send(last.client, CREATE_USER, { input: { email, roles: ['user', 'admin'] } });
  for (const leave of Object.values(ways)) expect(await leave(last, last)).toBe(true);
  const token = await latchkey.mail.tokenTo(email, 'reset-password');
  await send(latchkey.client(), RESET, { token, password: NEW_PASSWORD });
  expect(await ways['deleteUser']?.(last, last)).toBe(false);
});

test('a plain user leaves whenever they like', async () => {
  const { client, id } = await signInWithRoles(latchkey, 'user');
  expect(await send(client, DELETE, { password: PASSWORD })).toEqual({ __typename: 'UserDeleted', id });
});

async function holdQuestion(): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: latchkey.databaseUrl });
  await client.connect();
  await client.query("BEGIN; SELECT pg_advisory_xact_lock(hashtext('latchkey administrators'))");
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/app.ts';
import { REFRESH } from '../support/client.ts';
import { runSql } from '../support/sql.ts';
import { statementsDuring } from '../support/statements.ts';

let latchkey: TestApp;
beforeAll(async () => {
  // As long as in production: a minute, which does not end while this runs.
  latchkey = await startTestApp({ refusalWindowMs: 60_000 });
});
afterAll(() => latchkey?.stop());

/** The token with another MAC: whoever knows the id of a session can make such ones. */
function forge(refreshToken: string): string {
  const mac = Array.from({ length: 40 }, () => 'ABCDEFGHabcdefgh0123'.charAt(Math.floor(Math.random() * 20)));
  return `${refreshToken.slice(0, 37)}${mac.join('')}A`.padEnd(refreshToken.length, 'A');
}

const OTHER = 'query ($id: ID!) { user(id: $id) { email } }';

test('refusals by the hundred cost no statement each, and become a row for each subject and kind', async () => {
  const [victim, caller] = [latchkey.client(), latchkey.client()];
  const { refreshToken, user } = await victim.signup();
  await caller.signup();
  const count = async () =>
    (await runSql(latchkey.databaseUrl, 'SELECT count(*)::int AS n FROM events'))[0]?.['n'];
  const before = await count();
  const writes = (
    await statementsDuring(async () => {
      for (let i = 0; i < 200; i += 1) {
        const { data } = await latchkey
          .client()
          .send(REFRESH, { input: { refreshToken: forge(refreshToken) } });
        expect(data.refreshSession.code).toBe('INVALID_TOKEN');
        expect((await caller.send(OTHER, { id: user.id })).errors[0]?.extensions['code']).toBe('FORBIDDEN');
      }
    })
  ).filter((statement) => statement.includes('INSERT'));
  expect(writes).toEqual([]);
  expect(await count()).toBe(before);

  // What was counted is written when the minute ends, or the server does.
  latchkey = await latchkey.restart({});
  const rows = await runSql(
    latchkey.databaseUrl,
    `SELECT type, data->>'count' AS count FROM events WHERE type IN ('access.denied', 'token.refresh_refused') ORDER BY type`,
  );
  expect(rows).toEqual([
    { type: 'access.denied', count: '200' },
    { type: 'token.refresh_refused', count: '200' },
  ]);
});

test('a forged token of a session asks the database what one of no session asks', async () => {
  const { refreshToken } = await latchkey.client().signup();
  const [other] = await runSql(latchkey.databaseUrl, 'SELECT gen_random_uuid() AS id');
  expect(other).toBeDefined();
  const bytes = Buffer.from(refreshToken.slice(4), 'base64url');
  const ofNone = Buffer.from(bytes);
  ofNone.write(String(other?.['id']).replaceAll('-', ''), 4, 'hex');
  const asked = (token: string) =>
    statementsDuring(() => latchkey.client().send(REFRESH, { input: { refreshToken: token } }));
  expect(await asked(forge(refreshToken))).toEqual(await asked(`lkr_${ofNone.toString('base64url')}`));
});

import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { REFRESH } from '../support/client.ts';
import { runSql } from '../support/sql.ts';
import { isOfRelay, statementsDuring, statementsOn } from '../support/statements.ts';

// As long as in production: a minute, which does not end while this runs.
const latchkey = useTestApp({ refusalWindowMs: 60_000 });

/** The token with another MAC: whoever knows the id of a session can make such ones. */
function forge(refreshToken: string): string {
  const bytes = Buffer.from(refreshToken.slice('lkr_'.length), 'base64url');
  return `lkr_${Buffer.concat([bytes.subarray(0, 24), randomBytes(48)]).toString('base64url')}`;
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
  ).filter((statement) => statement.includes('INSERT') && !isOfRelay(statement));
  expect(writes).toEqual([]);
  expect(await count()).toBe(before);

  // What was counted is written when the minute ends, or the server does.
  await latchkey.restart();
  const rows = await runSql(
    latchkey.databaseUrl,
    `SELECT type, data->>'count' AS count FROM events WHERE type IN ('access.denied', 'token.refresh_refused') ORDER BY type`,
  );
  expect(rows).toEqual([
    { type: 'access.denied', count: '200' },
    { type: 'token.refresh_refused', count: '200' },
  ]);
});

test('a forged token asks the database nothing, whether its session exists or not', async () => {
  const { refreshToken } = await latchkey.client().signup();
  const ofNone = Buffer.from(refreshToken.slice(4), 'base64url');
  ofNone.fill(7, 4, 20);
  const forged = [forge(refreshToken), `lkr_${ofNone.toString('base64url')}`];
  for (const statements of [await statementsOn('sessions', attempt), await statementsOn('users', attempt)])
    expect(statements).toEqual([]);

  async function attempt() {
    for (const token of forged) {
      const { data } = await latchkey.client().send(REFRESH, { input: { refreshToken: token } });
      expect(data.refreshSession.code).toBe('INVALID_TOKEN');
    }
  }
});

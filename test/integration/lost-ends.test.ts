import { expect, test } from '@jest/globals';
import { newAccount } from '../support/client.ts';
import { withTestServices } from '../support/services.ts';
import { nobody } from '../support/session-model/actions.ts';
import { runSql } from '../support/sql.ts';
import { statementsDuring } from '../support/statements.ts';

type Services = Parameters<Parameters<typeof withTestServices>[1]>[0];

async function openSession({ services }: Services) {
  const { email, password } = newAccount();
  const outcome = await services.signups.signup(nobody, { email, password }, 'BODY');
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  return outcome;
}

const REVIVE = 'UPDATE sessions SET ended_at = NULL, end_reason = NULL WHERE id = $1';
const ENDS = `SELECT data->>'reason' AS reason FROM events WHERE type = 'session.terminated' AND session_id = $1`;

test('a lost end is written again once, however many look at a time', async () => {
  await withTestServices({}, async (parts) => {
    const { services, databaseUrl } = parts;
    const { session, tokens } = await openSession(parts);
    await services.sessions.logout(nobody, [tokens.refreshToken]);
    await runSql(databaseUrl, REVIVE, [session.id]);
    await Promise.all(Array.from({ length: 8 }, () => services.lostEnds.run()));
    const end = { reason: 'LOGOUT' };
    expect(await runSql(databaseUrl, ENDS, [session.id])).toEqual([end, end]);
  });
});

test('an end whose reason is not known, from an instance of the previous release, is written as such', async () => {
  await withTestServices({}, async (parts) => {
    const { services, databaseUrl } = parts;
    const { session, tokens } = await openSession(parts);
    services.revocations.add({ kind: 'session', id: session.id, notBefore: null });
    expect(await services.refreshes.refresh(nobody, tokens.refreshToken)).toMatchObject({
      kind: 'session_ended',
      reason: 'UNKNOWN',
    });
    expect(await runSql(databaseUrl, ENDS, [session.id])).toEqual([{ reason: 'UNKNOWN' }]);
  });
});

test('the tokens of a service client whose disabling was lost are refused again', async () => {
  await withTestServices({}, async ({ services, databaseUrl }) => {
    const created = await services.serviceClients.create({
      ...{ name: 'billing', scopes: [], audiences: ['latchkey'], actsForUsers: false, publicKey: null },
    });
    if (created.kind !== 'created') throw new Error(created.kind);
    const { id, tokensNotBefore } = created.client;
    const disabled = await services.serviceClients.disable(id);
    if (disabled.kind !== 'changed') throw new Error(disabled.kind);
    const lose = 'UPDATE service_clients SET disabled_at = NULL, tokens_not_before = $2 WHERE id = $1';
    await runSql(databaseUrl, lose, [id, tokensNotBefore]);
    await services.lostEnds.run();
    await services.lostEnds.run();
    const notBefore = disabled.client.tokensNotBefore;
    const sql = 'SELECT tokens_not_before AS "notBefore" FROM service_clients WHERE id = $1';
    expect(await runSql(databaseUrl, sql, [id])).toEqual([{ notBefore }]);
    const events = "SELECT data FROM events WHERE type = 'service_client.change_lost'";
    const data = { clientId: id, notBefore: notBefore.toISOString() };
    expect(await runSql(databaseUrl, events)).toEqual([{ data }]);
  });
});

test('a round takes one statement for each kind of what was heard, and none where nothing was', async () => {
  await withTestServices({}, async (parts) => {
    const { services } = parts;
    expect(await statementsDuring(() => services.lostEnds.run())).toEqual([]);
    const { tokens } = await openSession(parts);
    await services.sessions.logout(nobody, [tokens.refreshToken]);
    const statements = await statementsDuring(() => services.lostEnds.run());
    expect(statements.map((statement) => statement.trim().split(/\s/)[0])).toEqual([
      'BEGIN',
      'UPDATE',
      'COMMIT',
    ]);
  });
});

test.each([
  ['30s', 300],
  ['60m', 3_600],
])(
  'with a lifetime of %s, a revocation is kept for as long as any access token that is accepted: %i seconds',
  async (JWT_ACCESS_EXPIRY, seconds) => {
    await withTestServices({ JWT_ACCESS_EXPIRY }, async ({ services }) => {
      expect(services.revocations.keepForSeconds).toBeGreaterThan(seconds);
    });
  },
);

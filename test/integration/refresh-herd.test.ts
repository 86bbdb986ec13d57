import { describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { anonymous } from '../../src/core/principal.ts';
import { withTestApp } from '../support/app.ts';
import { onBusyMachine } from '../support/busy-machine.ts';
import { newAccount } from '../support/client.ts';
import { keepEvents } from '../support/kept-events.ts';
import type { Services } from '../support/services.ts';
import { withTestServices } from '../support/services.ts';
import { runSql } from '../support/sql.ts';
import { statementsDuring, statementsOn } from '../support/statements.ts';
import { rewind } from '../support/time-travel.ts';

const TABS = 100;
const ROUNDS = 5;
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';

describe('a hundred refreshes of one token at once', () => {
  test('give the one successor over two connections on a busy machine, with one UPDATE a generation', async () => {
    await withTestApp({ env: { DATABASE_POOL_SIZE: '2' } }, async (latchkey) => {
      const countEvents = await keepEvents(latchkey.databaseUrl);
      const { session, refreshToken } = await latchkey.client().signup();
      await onBusyMachine(async () => {
        let presented = refreshToken;
        for (let round = 1; round <= ROUNDS; round += 1) {
          const refreshes = () =>
            Promise.all(Array.from({ length: TABS }, () => latchkey.client().refresh(presented)));
          let answers: Awaited<ReturnType<typeof refreshes>> = [];
          const statements = await statementsDuring(async () => {
            answers = await refreshes();
          });
          expect(new Set(answers.map(({ __typename }) => __typename))).toEqual(new Set(['Authentication']));
          const successors = [...new Set(answers.map(({ refreshToken: successor }) => successor))];
          expect(successors).toHaveLength(1);
          expect(statements.filter(isAdvance)).toHaveLength(1);
          presented = successors[0] ?? '';
        }
      });
      expect(await countEvents(session.id, 'token.refreshed')).toBe(ROUNDS);
      expect(await countEvents(session.id, 'session.terminated')).toBe(0);
    });
  }, 60_000);

  test('read the session twice and change it once; each is counted', async () => {
    await withTestServices({ DATABASE_POOL_SIZE: '1' }, async ({ services }) => {
      const { tokens } = await signUp(services);
      const statements = await statementsOn('sessions', () => refreshAtOnce(services, tokens.refreshToken));
      expect(statements.map((statement) => (isAdvance(statement) ? 'UPDATE' : 'SELECT'))).toEqual([
        'SELECT',
        'UPDATE',
        'SELECT',
      ]);
    });
  });

  test('are refused but for one, and end the session once, where no second use is allowed', async () => {
    await withTestServices({ REFRESH_GRACE_SECONDS: '0' }, async ({ services, databaseUrl }) => {
      const countEvents = await keepEvents(databaseUrl);
      const { session, tokens } = await signUp(services);
      const outcomes = await refreshAtOnce(services, tokens.refreshToken);
      expect(outcomes.filter(({ kind }) => kind === 'refreshed')).toHaveLength(1);
      const refused = outcomes.filter(({ kind }) => kind !== 'refreshed');
      for (const outcome of refused)
        expect(outcome).toMatchObject({ kind: 'session_ended', reason: 'TOKEN_REUSED' });
      expect(await countEvents(session.id, 'session.refresh_token_reused')).toBe(1);
      expect(await countEvents(session.id, 'session.terminated')).toBe(1);
    });
  });

  test.each([
    { first: BROWSER, second: 'curl/8.5.0' },
    { first: 'curl/8.5.0', second: BROWSER },
  ])('are each judged by their own user agent: $first before $second', async ({ first, second }) => {
    await withTestServices({}, async ({ services, databaseUrl }) => {
      const { session, tokens } = await signUp(services);
      await services.refreshes.refresh(from(BROWSER), tokens.refreshToken);
      await rewind(databaseUrl, session.id, 60);
      const refresh = (userAgent: string) => services.refreshes.refresh(from(userAgent), tokens.refreshToken);
      const outcomes = await Promise.all(
        [first, second, first, second].map(async (userAgent) => ({
          userAgent,
          outcome: await refresh(userAgent),
        })),
      );
      for (const { userAgent, outcome } of outcomes) {
        if (userAgent !== BROWSER)
          expect(outcome).toMatchObject({ kind: 'session_ended', reason: 'TOKEN_REUSED' });
      }
      const sql = `SELECT user_agent FROM events WHERE session_id = $1 AND type = 'session.refresh_token_reused'`;
      expect(await runSql(databaseUrl, sql, [session.id])).toEqual([{ user_agent: 'curl/8.5.0' }]);
    });
  });

  test('fail together, after one attempt, where the database refuses it; and succeed later', async () => {
    await withTestServices({ DATABASE_TIMEOUT_SECONDS: '2' }, async ({ services, databaseUrl }) => {
      const { session, tokens } = await signUp(services);
      const holder = new Client({ connectionString: databaseUrl });
      await holder.connect();
      try {
        await holder.query('BEGIN');
        await holder.query('SELECT FROM sessions WHERE id = $1 FOR UPDATE', [session.id]);
        const statements = await statementsDuring(async () => {
          const refreshes = Array.from({ length: TABS }, () =>
            services.refreshes.refresh(from(BROWSER), tokens.refreshToken),
          );
          for (const { status } of await Promise.allSettled(refreshes)) expect(status).toBe('rejected');
          await expect(refreshes[TABS - 1]).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
        });
        expect(statements.filter(isAdvance)).toHaveLength(1);
      } finally {
        await holder.end();
      }
      const outcomes = await refreshAtOnce(services, tokens.refreshToken);
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['refreshed']));
    });
  });
});

const isAdvance = (statement: string) => statement.includes('SET revision = revision + 1, generation =');

const from = (userAgent: string) => ({
  principal: anonymous,
  origin: { requestId: null, ipAddress: null, userAgent },
});

async function signUp(services: Services) {
  const { email, password } = newAccount();
  const outcome = await services.signups.signup(from(BROWSER), { email, password }, 'BODY');
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  return outcome;
}

function refreshAtOnce(services: Services, refreshToken: string) {
  return Promise.all(
    Array.from({ length: TABS }, () => services.refreshes.refresh(from(BROWSER), refreshToken)),
  );
}

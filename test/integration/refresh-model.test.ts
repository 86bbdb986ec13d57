import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MODEL_RUNS } from '../support/amounts.ts';
import { newAccount } from '../support/client.ts';
import { keepEvents } from '../support/kept-events.ts';
import type { Services } from '../support/services.ts';
import { withTestServices } from '../support/services.ts';
import { nobody, type System, type World } from '../support/session-model/actions.ts';
import { sessionCommands } from '../support/session-model/commands.ts';
import { SessionHistory } from '../support/session-model/history.ts';
import { runSql } from '../support/sql.ts';

/** So many run at once, each for a user of its own: one alone would mostly wait for the database. */
const LANES = 4;

const LIMITS = {
  REFRESH_GRACE_SECONDS: '60',
  SESSION_TIMEOUT_MINUTES: '29',
  SESSION_LIFETIME_HOURS: '1',
  MAX_SESSIONS_PER_USER: '3',
};

test('whatever owners and thieves do, sessions live and end as their histories tell', async () => {
  await withTestServices(LIMITS, async ({ services, databaseUrl }) => {
    await keepEvents(databaseUrl);
    const runs = fc.asyncProperty(commands, (sequence) => run(sequence, services, databaseUrl));
    await Promise.all(Array.from({ length: LANES }, () => fc.assert(runs, { numRuns: MODEL_RUNS / LANES })));
    expect(await runSql(databaseUrl, SESSIONS_WITH_OTHER_EVENTS)).toEqual([]);
  });
});

const commands = fc.commands([sessionCommands()], { maxCommands: 30, size: '+1' });

/** One user's story, from signing up to what the database has kept of it. */
async function run(
  sequence: Parameters<typeof fc.asyncModelRun<World, System, false, World>>[1],
  services: Services,
  databaseUrl: string,
): Promise<void> {
  const { email, password } = newAccount();
  const outcome = await services.signups.signup(nobody, { email, password }, 'BODY');
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  const { user, session, tokens } = outcome;
  const world: World = { now: 0, presented: 0, sessions: [new SessionHistory(session.id, 0, tokens)] };
  const system: System = { services, databaseUrl, userId: user.id, email };

  await fc.asyncModelRun(() => ({ model: world, real: system }), sequence);

  const rows = await runSql(
    databaseUrl,
    'SELECT id, generation, end_reason AS "endReason" FROM sessions WHERE user_id = $1 ORDER BY created_at',
    [user.id],
  );
  expect(rows).toEqual(
    world.sessions.map(({ id, newest, endReason }) => ({ id, generation: newest, endReason })),
  );
}

/** Each change of a session leaves its one event, and nothing else does. */
const SESSIONS_WITH_OTHER_EVENTS = `
  SELECT s.id FROM sessions s LEFT JOIN kept_events e ON e.session_id = s.id GROUP BY s.id
  HAVING count(*) FILTER (WHERE e.type = 'session.created') <> 1
      OR count(*) FILTER (WHERE e.type = 'token.refreshed') <> s.generation
      OR count(*) FILTER (WHERE e.type = 'session.terminated') <> count(DISTINCT s.ended_at)
      OR count(*) FILTER (WHERE e.type = 'token.refresh_repeated') <> cardinality(s.late_repeated_at)
      OR count(*) FILTER (WHERE e.type = 'session.refresh_token_reused') <>
         count(DISTINCT s.id) FILTER (WHERE s.end_reason = 'TOKEN_REUSED')`;

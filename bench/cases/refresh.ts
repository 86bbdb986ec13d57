import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { refresh as refreshOnce, signup } from '../lib/client.ts';
import { costOf, shownCost } from '../lib/cpu.ts';
import type { Report } from '../lib/latchkey.ts';
import { median, timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const SESSIONS = 300;
const SIGNING_UP = 4;
const WARM_ROUNDS = 4;
const CONNECTIONS = 16;
const LOAD_SECONDS = 6;

/** A refresh by HTTP against what its transaction costs by `pg` alone. */
export const refresh: Case = async ({ createDatabase }) => {
  const databaseUrl = await createDatabase();
  const env = production(databaseUrl);
  const start = () => Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const first = await start();
  const tokens: string[] = [];
  const signUp = async (_: unknown, loop: number) => {
    for (let i = loop; i < SESSIONS; i += SIGNING_UP)
      tokens[i] = (await signup(first.url, `refresh${i}@example.com`)).refreshToken;
  };
  await Promise.all(Array.from({ length: SIGNING_UP }, signUp));
  const { session: other } = await signup(first.url, 'bare@example.com');
  await first.stop();

  // Another instance, which knows none of the sessions yet.
  const latchkey = await start();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const next = async (i: number) => {
      tokens[i] = (await refreshOnce(latchkey.url, tokens[i] ?? '')).refreshToken;
    };
    for (let i = 0; i < 100; i += 1) await next(0);
    for (let i = 0; i < 100; i += 1) await transaction(client, other.id);
    const measure = async () => {
      const [viaHttp, bare]: [number[], number[]] = [[], []];
      await latchkey.ask('reset');
      for (let i = 1; i < SESSIONS; i += 1) {
        viaHttp.push(await timed(() => next(i)));
        bare.push(await timed(() => transaction(client, other.id)));
      }
      const { statements } = await latchkey.ask<Report>('report');
      // The background sends few.
      const perRefresh = Object.values(statements).map((count) => Math.round(count / (SESSIONS - 1)));
      return { viaHttp, bare, sent: perRefresh.reduce((sum, count) => sum + count, 0) };
    };
    const cold = await measure();
    const warm = [];
    for (let round = 0; round < WARM_ROUNDS; round += 1) warm.push(await measure());

    const bare = median([cold, ...warm].flatMap((round) => round.bare));
    const row = (
      kind: string,
      times: readonly number[],
      sent: number,
      atMost: { p50: number; trips: number },
    ) => [
      {
        what: `refresh p50, ${kind} ÷ BEGIN, UPDATE, INSERT, COMMIT by \`pg\` p50`,
        value: median(times) / bare,
        atMost: atMost.p50,
        raw: `refresh p50 ${median(times).toFixed(2)} ms, transaction p50 ${bare.toFixed(2)} ms`,
      },
      {
        what: `round trips to Postgres of a refresh, ${kind}`,
        value: sent,
        unit: 'count' as const,
        atMost: atMost.trips,
        raw: `counted over ${SESSIONS - 1} refreshes`,
      },
    ];
    let refreshes = 0;
    const cost = await costOf({ pid: latchkey.pid, databaseUrl }, async () => {
      const end = performance.now() + LOAD_SECONDS * 1000;
      const loop = async (_: unknown, i: number) => {
        for (; performance.now() < end; refreshes += 1) await next(i);
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, loop));
      return refreshes;
    });
    return [
      ...row(
        'of a session that was refreshed here before',
        warm.flatMap((round) => round.viaHttp),
        Math.max(...warm.map((round) => round.sent)),
        { p50: 1.8, trips: 1 },
      ),
      ...row('of another', cold.viaHttp, cold.sent, { p50: 2.3, trips: 2 }),
      {
        what: 'refreshes per second of CPU, Node and Postgres together',
        value: 1000 / (cost.nodeMs + cost.postgresMs),
        unit: 'count',
        atLeast: 120,
        raw: `${(refreshes / LOAD_SECONDS).toFixed(0)}/s at ${CONNECTIONS} connections; ${shownCost(cost)}`,
      },
    ];
  } finally {
    await client.end();
    await latchkey.stop();
  }
};

async function transaction(client: pg.Client, sessionId: string): Promise<void> {
  await client.query('BEGIN');
  await client.query(
    `UPDATE sessions SET generation = generation + 1, rotated_at = now(), last_active_at = now()
     WHERE id = $1 AND ended_at IS NULL RETURNING *`,
    [sessionId],
  );
  await client.query(
    `INSERT INTO events (id, type, outcome, session_id, kept, data) VALUES ($1, 'token.refreshed', 'SUCCESS', $2, false, '{}')`,
    [randomUUID(), sessionId],
  );
  await client.query('COMMIT');
}

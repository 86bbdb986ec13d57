import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { refresh as refreshOnce, signup } from '../lib/client.ts';
import { median, timed } from '../lib/load.ts';

const ROUNDS = 5;
const TIMES = 200;

/** A refresh by HTTP against what its transaction costs by `pg` alone. */
export const refresh: Case = async ({ createDatabase }) => {
  const databaseUrl = await createDatabase();
  const env = { DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'error' };
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    let { refreshToken } = await signup(latchkey.url, 'refresh@example.com');
    const { session: other } = await signup(latchkey.url, 'bare@example.com');
    const viaHttp: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let i = 0; i < TIMES; i += 1) {
        viaHttp.push(
          await timed(async () => {
            ({ refreshToken } = await refreshOnce(latchkey.url, refreshToken));
          }),
        );
      }
      for (let i = 0; i < TIMES; i += 1) bare.push(await timed(() => transaction(client, other.id)));
    }
    const [http, alone] = [viaHttp, bare].map((times) => median(times.slice(TIMES)));
    const raw = `refresh p50 ${http?.toFixed(2)} ms, transaction p50 ${alone?.toFixed(2)} ms`;
    return [
      {
        what: 'refresh p50 ÷ BEGIN, UPDATE, INSERT, COMMIT by `pg` p50',
        value: (http ?? 0) / (alone ?? 1),
        atMost: 3,
        raw,
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

import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '../../bench/lib/database.ts';
import type { FinalState } from './history.ts';

const LOOKS = 100;
const LOOK_MS = 100;

/** Reads what the database holds, once the outbox is empty, or after ten seconds. `since` is when the watchers were open. */
export function readFinalState(databaseUrl: string, since: Date): Promise<FinalState> {
  return withClient(databaseUrl, async (client) => {
    // biome-ignore lint/suspicious/noExplicitAny: rows of any shape
    const rows = async (sql: string, parameters: unknown[] = []): Promise<any[]> =>
      (await client.query(sql, parameters)).rows;
    let unpublished = 0;
    for (let look = 0; look < LOOKS; look += 1) {
      unpublished = (await rows('SELECT count(*)::int AS count FROM event_outbox'))[0].count;
      if (unpublished === 0) break;
      await delay(LOOK_MS);
    }
    return {
      unpublished,
      sessions: await rows('SELECT id, generation, end_reason AS "endReason" FROM sessions'),
      tokens: await rows('SELECT id, revoked_at IS NOT NULL AS "isRevoked" FROM personal_access_tokens'),
      events: await rows(
        `SELECT id, type, data->>'sessionId' AS "sessionId", data->>'personalAccessTokenId' AS "tokenId",
           type IN ('session.created', 'session.terminated') AND occurred_at > $1 AS "isStreamed"
         FROM events WHERE kept`,
        [since],
      ),
    };
  });
}

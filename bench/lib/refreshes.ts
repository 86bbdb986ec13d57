import type { SessionId } from '../../src/core/ids.ts';
import { Secret } from '../../src/core/secret.ts';
import { SecretRing } from '../../src/core/secret-ring.ts';
import { createRefreshTokens, REFRESH_SALT_BYTES } from '../../src/modules/sessions/refresh-token.ts';
import { refresh } from './client.ts';
import { withClient } from './database.ts';
import { addUsers } from './fixtures.ts';

const SESSIONS_EACH = 4;
const SALT = Buffer.alloc(REFRESH_SALT_BYTES);

/** Adds so many active sessions by SQL. Returns the refresh token of each. */
export async function addLiveSessions(databaseUrl: string, count: number, secret: string): Promise<string[]> {
  const tokens = createRefreshTokens(new SecretRing([new Secret(secret)]));
  return withClient(databaseUrl, async (client) => {
    await addUsers(client, count / SESSIONS_EACH);
    const { rows } = await client.query<{ id: SessionId }>(
      `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, ip_address, user_agent, last_active_at, expires_at)
       SELECT gen_random_uuid(), u.id, $2, 'BODY', inet '10.0.0.0' + (random() * 20000)::int,
         'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
         now() - random() * interval '1 hour', now() + interval '20 days'
       FROM users u, generate_series(1, $1::int) n WHERE u.email LIKE '%@example.org' RETURNING id`,
      [SESSIONS_EACH, SALT],
    );
    await client.query('ANALYZE');
    return rows.map(({ id }) => tokens.mint(id, 0, SALT));
  });
}

/** Refreshes one session after the other, so many a second, until it is stopped. */
export function keepRefreshing(url: string, tokens: string[], perSecond: number) {
  let count = 0;
  const failures: string[] = [];
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
    // Not all at once after a pause of this process.
    for (let i = 0; count < due && i < 5; i += 1) {
      const index = count % tokens.length;
      count += 1;
      refresh(url, tokens[index] ?? '').then(
        ({ refreshToken }) => {
          if (refreshToken === undefined) failures.push('refused');
          else tokens[index] = refreshToken;
        },
        (error: unknown) => failures.push(String(error)),
      );
    }
  }, 5);
  return {
    /** Returns the rate that was reached, and why refreshes failed. */
    stop() {
      clearInterval(timer);
      return { perSecond: (count * 1_000) / (performance.now() - startedAt), failures };
    },
  };
}

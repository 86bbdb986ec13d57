import type { Client } from 'pg';
import { withClient } from './database.ts';

export interface Amounts {
  readonly users: number;
  /** Half of them live. */
  readonly sessionsEach: number;
  readonly events: number;
}

/** Adds users, each with sessions and a token, and events of the audit log: by SQL, not by the API. */
export async function addRows(databaseUrl: string, { users, sessionsEach, events }: Amounts): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await addUsers(client, users);
    await client.query(
      `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at, ended_at, end_reason, last_active_at)
       SELECT gen_random_uuid(), u.id, decode(repeat('00', 32), 'hex'), 'BODY', now() + interval '20 days',
         CASE WHEN 2 * n > $1 THEN now() - interval '1 day' END, CASE WHEN 2 * n > $1 THEN 'LOGOUT' END,
         now() - random() * interval '5 days'
       FROM users u, generate_series(1, $1::int) n WHERE u.email LIKE '%@example.org'`,
      [sessionsEach],
    );
    await client.query(
      `INSERT INTO personal_access_tokens (id, user_id, name, scopes, digest, hint, expires_at)
       SELECT gen_random_uuid(), id, 'ci', '{profile:read}', decode(md5(id::text) || md5(email), 'hex'), 'lkp_…0000',
         now() + interval '30 days' FROM users WHERE email LIKE '%@example.org'`,
    );
    await client.query(
      `INSERT INTO events (id, type, outcome, actor_id, subject_id, session_id, kept, data, occurred_at)
       SELECT gen_random_uuid(), 'user.login', 'SUCCESS', u.id, u.id, u.id, true,
         jsonb_build_object('userId', u.id, 'sessionId', u.id), now() - random() * interval '300 days'
       FROM (SELECT id, row_number() OVER () AS n FROM users) u, generate_series(u.n, $1::int, $2::int)`,
      [events, users],
    );
    await client.query('ANALYZE');
  });
}

/** Adds the users `u1@example.org`, `u2@example.org` and so on. */
export async function addUsers(client: Client, count: number): Promise<void> {
  await client.query(
    `INSERT INTO users (id, email, email_key, username, username_key, name, roles)
     SELECT gen_random_uuid(), 'u' || n || '@example.org', 'u' || n || '@example.org', 'u' || n, 'u' || n, 'User ' || n, '{user}'
     FROM generate_series(1, $1::int) n`,
    [count],
  );
}

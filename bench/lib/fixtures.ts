import pg from 'pg';

/** Adds so many users, each with this many live sessions, as many ended ones, and a token. In seconds, not by the API. */
export async function addUsers(databaseUrl: string, users: number, sessionsEach = 1): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO users (id, email, email_key, username, username_key, name, roles)
       SELECT gen_random_uuid(), 'u' || n || '@example.org', 'u' || n || '@example.org', 'u' || n, 'u' || n, 'User ' || n, '{user}'
       FROM generate_series(1, $1::int) n`,
      [users],
    );
    await client.query(
      `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at, ended_at, end_reason, last_active_at)
       SELECT gen_random_uuid(), u.id, decode(repeat('00', 32), 'hex'), 'BODY', now() + interval '20 days',
         CASE WHEN n > $1 THEN now() - interval '1 day' END, CASE WHEN n > $1 THEN 'LOGOUT' END,
         now() - random() * interval '5 days'
       FROM users u, generate_series(1, 2 * $1::int) n WHERE u.email LIKE '%@example.org'`,
      [sessionsEach],
    );
    await client.query(
      `INSERT INTO personal_access_tokens (id, user_id, name, scopes, digest, hint, expires_at)
       SELECT gen_random_uuid(), id, 'ci', '{profile:read}', decode(md5(id::text) || md5(email), 'hex'), 'lkp_…0000',
         now() + interval '30 days' FROM users WHERE email LIKE '%@example.org'`,
    );
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
}

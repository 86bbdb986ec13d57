import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { recorded } from '../support/streams.ts';

const latchkey = useTestApp();
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

// To the database it is as if its clock had been set back since it dated these rows.

test('an event that a process left is published at once', async () => {
  const [row] = await sql(
    `WITH recorded AS (
       INSERT INTO events (id, type, outcome, data, kept, occurred_at)
       SELECT gen_random_uuid(), 'token.refreshed', 'SUCCESS',
         jsonb_build_object('userId', gen_random_uuid(), 'sessionId', gen_random_uuid()), false, now() + interval '1 hour'
       RETURNING id)
     INSERT INTO event_outbox (event_id) SELECT id FROM recorded RETURNING event_id AS id`,
  );
  await recorded(latchkey.databaseUrl);
  expect(await sql('SELECT FROM streamed_events WHERE event_id = $1', [row?.['id']])).toHaveLength(1);
});

test('a client that asks again and again for an answer that it lost counts as one repeat', async () => {
  const [{ client, id }] = await signIn(latchkey, 1);
  const lost = client.refreshToken;
  await client.refresh();
  await sql("UPDATE sessions SET rotated_at = now() + interval '1 minute' WHERE id = $1", [id]);
  for (let i = 0; i < 6; i += 1)
    expect((await latchkey.client().refresh(lost)).__typename).toBe('Authentication');
  const [{ times } = {}] = await sql(
    'SELECT cardinality(late_repeated_at) AS times FROM sessions WHERE id = $1',
    [id],
  );
  expect(times).toBe(1);
});

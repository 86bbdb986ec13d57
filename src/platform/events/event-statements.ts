/** Inserts any number of events, given as the JSON in `$position`, and their outbox rows. `data` may add to what is given. */
const insertions = (position: number, condition = 'true', data = 'data') => `given AS (
    SELECT * FROM jsonb_to_recordset($${position}) AS event (
      id uuid, type text, outcome text, actor_id uuid, subject_id uuid, session_id uuid, request_id text, ip_address inet,
      user_agent text, data jsonb, kept boolean, published boolean, position integer)
    WHERE ${condition}
  ), recorded AS (
    INSERT INTO events (id, type, outcome, actor_id, subject_id, session_id, request_id, ip_address, user_agent, data, kept)
    SELECT id, type, outcome, actor_id, subject_id, session_id, request_id, ip_address, user_agent, ${data}, kept FROM given
  ), marked AS (
    INSERT INTO event_outbox (event_id) SELECT id FROM given WHERE published ORDER BY position
  )`;

/** Inserts the events that are given as JSON, and returns their time. */
export const INSERT = `WITH ${insertions(1)} SELECT now()::timestamptz(3) AS at`;

/**
 * The statement that runs `change`, an UPDATE of at most one row with so many parameters and its columns listed after
 * RETURNING, and records an event if it changes the row. `facts` are those that the row adds to the event's data: an SQL
 * expression of these columns, of type jsonb.
 */
export const recordingChange = (change: string, parameterCount: number, facts: string) =>
  `WITH change AS (${change}), ${insertions(
    parameterCount + 1,
    'EXISTS (SELECT FROM change)',
    `data || (SELECT ${facts} FROM change)`,
  )}
  SELECT change.*, now()::timestamptz(3) AS recorded_at, ${facts} AS recorded_facts FROM change`;

import { runSql } from './sql.ts';

/**
 * From now on keeps a copy of each event that is recorded, in a table of its own: what is only published goes from the
 * log as soon as it has been. Answers with a way to count a session's events of one type.
 */
export async function keepEvents(databaseUrl: string) {
  await runSql(
    databaseUrl,
    `CREATE TABLE kept_events (LIKE events);
     CREATE FUNCTION keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN INSERT INTO kept_events VALUES (NEW.*); RETURN NULL; END $$;
     CREATE TRIGGER keep_event AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION keep_event()`,
  );
  return async (sessionId: string, type: string): Promise<unknown> => {
    const sql = 'SELECT count(*)::int AS n FROM kept_events WHERE session_id = $1 AND type = $2';
    return (await runSql(databaseUrl, sql, [sessionId, type]))[0]?.['n'];
  };
}

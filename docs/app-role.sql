-- The rights of the role by which Latchkey connects where another role owns the database: see events.md.
-- Run it as the owner, after each migration. Another name of the role: change it in each line.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM latchkey_app;
-- Before PostgreSQL 15 everyone may create there.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO latchkey_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON
  users, sessions, personal_access_tokens, lockouts, mails, one_time_tokens, deferred_requests, username_reservations,
  kept_outcomes
  TO latchkey_app;
GRANT SELECT, INSERT, UPDATE ON service_clients TO latchkey_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON client_assertions TO latchkey_app;
GRANT SELECT, INSERT, DELETE ON streamed_events TO latchkey_app;
GRANT SELECT, INSERT, UPDATE ON passwords TO latchkey_app;
GRANT SELECT, INSERT ON secret_fingerprints TO latchkey_app;
-- For check-config.
GRANT SELECT ON schema_migrations TO latchkey_app;

-- The audit log: events are added with the time of the database, and never changed. A trigger decides which may be deleted.
GRANT SELECT, DELETE ON events TO latchkey_app;
GRANT INSERT (id, type, outcome, actor_id, subject_id, session_id, request_id, ip_address, user_agent, data, kept)
  ON events TO latchkey_app;

-- What is still to be published. Rows are locked, which takes the right to change a column.
GRANT SELECT, INSERT, UPDATE (sequence), DELETE ON event_outbox TO latchkey_app;
GRANT USAGE ON SEQUENCE event_outbox_sequence_seq TO latchkey_app;

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrations } from '../../migrations/index.ts';
import { entities } from '../../src/app/storage.ts';
import { Secret } from '../../src/core/secret.ts';
import { createDataSource, createMigrationDataSource } from '../../src/platform/database/data-source.ts';
import { migrate, migrationStates, revertLastMigration } from '../../src/platform/database/migrate.ts';
import { createTestDatabase } from '../support/database.ts';
import { createEmptyDatabase } from '../support/empty-database.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { silentLogger } from '../support/logger.ts';
import { runSql } from '../support/sql.ts';

let database: { url: string; drop(): Promise<void> };
const sql = (statement: string, parameters: unknown[] = []) => runSql(database.url, statement, parameters);

describe('migrating', () => {
  beforeAll(async () => {
    database = await createEmptyDatabase();
  });
  afterAll(() => database?.drop());

  const names = migrations.map(({ name }) => name);

  test('is done once by three processes that start together', async () => {
    const applied = await Promise.all([1, 2, 3].map(() => migrate(database.url, silentLogger)));
    expect(applied.flat()).toEqual(names);
    expect(applied.filter((list) => list.length > 0)).toHaveLength(1);
    expect(await migrate(database.url, silentLogger)).toEqual([]);
  });

  test('leads to what the entities say, exactly', async () => {
    expect(await drift()).toEqual([]);
  });

  test('notices a schema that is not what the entities say', async () => {
    await sql('ALTER TABLE users ALTER COLUMN name SET NOT NULL');
    expect(await drift()).not.toEqual([]);
    await sql('ALTER TABLE users ALTER COLUMN name DROP NOT NULL');
  });

  test('can be taken back to nothing, and done again', async () => {
    const url = new Secret(database.url);
    const isApplied = async () =>
      (await migrationStates(url, silentLogger)).map((state) => [state.name, state.isApplied]);
    expect(await isApplied()).toEqual(names.map((name) => [name, true]));
    for (const name of names.toReversed()) expect(await revertLastMigration(url, silentLogger)).toBe(name);
    expect(await revertLastMigration(url, silentLogger)).toBeNull();
    expect(await isApplied()).toEqual(names.map((name) => [name, false]));
    expect(await leftInSchema()).toEqual(['schema_migrations']);
    expect(await migrate(database.url, silentLogger)).toEqual(names);
    expect(await drift()).toEqual([]);
  });

  test('that change tables in use do not deadlock with a sign-in of a running replica', async () => {
    const later = await revertFrom('Mail1764600000000');
    await sql("INSERT INTO users (id, email, email_key, roles) VALUES (gen_random_uuid(), 'b', 'b', '{}')");
    const signIn = new Client({ connectionString: database.url });
    await signIn.connect();
    await signIn.query("BEGIN; SELECT FROM users WHERE email_key = 'b' FOR NO KEY UPDATE");
    const migrated = migrate(database.url, silentLogger);
    await untilLockWaits(database.url);
    await signIn.query(`UPDATE users SET last_active_at = now() WHERE email_key = 'b';
      INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at)
      SELECT gen_random_uuid(), id, '', 'BODY', now() FROM users WHERE email_key = 'b'`);
    await signIn.query('COMMIT');
    await signIn.end();
    expect(await migrated).toEqual(later);
    await sql('DELETE FROM users');
  });

  test('that indexes the audit log builds again what it left unfinished', async () => {
    const later = await revertFrom('AuditLog1764800000000');
    await sql('CREATE INDEX events_time_idx ON events (occurred_at)');
    await sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'events_time_idx'::regclass");
    expect(await migrate(database.url, silentLogger)).toEqual(later);
    expect(await drift()).toEqual([]);
    expect(await sql('SELECT FROM pg_index WHERE NOT indisvalid')).toEqual([]);
  });

  test('says of sessions from before that they were authenticated by password, and when', async () => {
    const later = await revertFrom('AuthenticationMethods1764300000000');
    await sql(`INSERT INTO users (id, email, email_key, roles) VALUES (gen_random_uuid(), 'a', 'a', '{}')`);
    const open = (authenticatedAt: string) =>
      sql(`INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at, authenticated_at)
        VALUES (gen_random_uuid(), (SELECT id FROM users), '', 'BODY', now(), ${authenticatedAt})`);
    await open("'2030-01-01 12:00:00.125+00'");
    expect(await migrate(database.url, silentLogger)).toEqual(later);
    // As a replica of the version before opens one now.
    await open('DEFAULT');
    expect(
      await sql(`SELECT proof->>'method' AS method, (proof->>'completedAt')::timestamptz(3) = authenticated_at AS same
        FROM sessions, jsonb_array_elements(authentication_methods) AS proof`),
    ).toEqual([
      { method: 'pwd', same: true },
      { method: 'pwd', same: true },
    ]);
  });

  test('that build an index while people write go on where they were interrupted', async () => {
    const later = await revertFrom('UserIndexes1764710000000');
    const row = `INSERT INTO users (id, email, email_key, roles, created_at) VALUES (gen_random_uuid(), $1, $1, '{}', now())`;
    await sql(row, ['c']);
    // What is left of a build that failed.
    await sql("CREATE INDEX CONCURRENTLY users_created_idx ON users ((1 / (email_key <> 'c')::int))").catch(
      () => undefined,
    );
    const writer = new Client({ connectionString: database.url });
    await writer.connect();
    await writer.query("BEGIN; UPDATE users SET name = 'C' WHERE email_key = 'c'");
    // A replica that starts meanwhile waits for the first, and must not keep it waiting.
    const migrated = [migrate(database.url, silentLogger), migrate(database.url, silentLogger)];
    await untilLockWaits(database.url, 1, '% INDEX CONCURRENTLY%');
    await sql(row, ['d']);
    await writer.query('COMMIT');
    await writer.end();
    expect((await Promise.all(migrated)).flat()).toEqual(later);
    expect(await sql('SELECT FROM pg_index WHERE NOT indisvalid')).toEqual([]);
    expect(await drift()).toEqual([]);
    await sql('DELETE FROM users');
  });

  /** Reverts a migration and those after it, and returns their names. */
  async function revertFrom(name: string): Promise<string[]> {
    const later = names.slice(names.indexOf(name));
    for (const _ of later) await revertLastMigration(new Secret(database.url), silentLogger);
    return later;
  }

  async function drift(): Promise<string[]> {
    return withMigrations(async (dataSource) => {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      return upQueries.map(({ query }) => query);
    });
  }

  async function withMigrations<T>(
    work: (dataSource: ReturnType<typeof createMigrationDataSource>) => Promise<T>,
  ): Promise<T> {
    const dataSource = createMigrationDataSource(new Secret(database.url), silentLogger, entities);
    await dataSource.initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  }

  async function leftInSchema(): Promise<unknown[]> {
    const rows = await sql(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')
       UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
         AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
       UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')`,
    );
    return rows.map(({ name }) => name);
  }
});

test('a role that may not create the extension is told which, and one in another schema will do', async () => {
  const { url, drop } = await createEmptyDatabase();
  try {
    const role = `limited_${new URL(url).pathname.slice(1)}`;
    await runSql(url, `CREATE ROLE ${role} LOGIN PASSWORD 'limited'; GRANT ALL ON SCHEMA public TO ${role}`);
    const limited = Object.assign(new URL(url), { username: role, password: 'limited' }).href;
    await expect(migrate(limited, silentLogger)).rejects.toThrow(
      /The extension pg_trgm is missing.*CREATE EXTENSION/s,
    );
    await runSql(url, 'CREATE SCHEMA "Other"; CREATE EXTENSION pg_trgm SCHEMA "Other"');
    await runSql(url, `GRANT USAGE ON SCHEMA "Other" TO ${role}`);
    expect((await migrate(limited, silentLogger)).at(-1)).toBe(migrations.at(-1)?.name);
    await runSql(url, `DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
  } finally {
    await drop();
  }
});

describe('the migrated schema', () => {
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.drop());

  // Several statements in one string are sent as they are: BEGIN and COMMIT between them count.
  const APPEND_ONLY = /the audit log is append-only/;
  const RETENTION = "SET LOCAL latchkey.retention = 'on'";

  const record = async (kept: boolean, daysAgo = 0): Promise<string> => {
    const [row] = await sql(
      `INSERT INTO events (id, type, outcome, kept, occurred_at)
       VALUES (gen_random_uuid(), 'user.login', 'SUCCESS', $1, now() - make_interval(days => $2)) RETURNING id`,
      [kept, daysAgo],
    );
    return row?.['id'] as string;
  };
  const exists = async (id: string) => (await sql('SELECT FROM events WHERE id = $1', [id])).length === 1;

  test('keeps audit entries from being changed, deleted or truncated, even by their owner', async () => {
    const id = await record(true);
    for (const statement of [
      `UPDATE events SET outcome = 'FAILURE' WHERE id = '${id}'`,
      `UPDATE events SET kept = false WHERE id = '${id}'`,
      `DELETE FROM events WHERE id = '${id}'`,
      'TRUNCATE events CASCADE',
      `BEGIN; ${RETENTION}; TRUNCATE events CASCADE; COMMIT`,
      `BEGIN; ${RETENTION}; UPDATE events SET outcome = 'FAILURE' WHERE id = '${id}'; COMMIT`,
    ]) {
      await expect(sql(statement)).rejects.toThrow(APPEND_ONLY);
    }
    expect(await sql('SELECT outcome, kept FROM events WHERE id = $1', [id])).toEqual([
      { outcome: 'SUCCESS', kept: true },
    ]);
  });

  test('lets an event go that is only published, and its mark with it', async () => {
    const id = await record(false);
    await sql('INSERT INTO event_outbox (event_id) VALUES ($1)', [id]);
    await sql('DELETE FROM events WHERE id = $1', [id]);
    expect(await exists(id)).toBe(false);
    expect(await sql('SELECT FROM event_outbox WHERE event_id = $1', [id])).toEqual([]);
  });

  test('lets retention delete audit entries of more than 30 days, within its own transaction only', async () => {
    const [old, other, recent] = [await record(true, 31), await record(true, 31), await record(true, 29)];
    const remove = (id: string) => `DELETE FROM events WHERE id = '${id}'`;
    await expect(sql(`BEGIN; ${RETENTION}; ${remove(old)}; COMMIT; ${remove(other)}`)).rejects.toThrow(
      APPEND_ONLY,
    );
    await expect(sql(`BEGIN; ${RETENTION}; ${remove(recent)}; COMMIT`)).rejects.toThrow(APPEND_ONLY);
    expect([await exists(old), await exists(other), await exists(recent)]).toEqual([false, true, true]);
  });

  test('does not take a look-alike for the functions that protect the log', async () => {
    const id = await record(true);
    await expect(
      sql(`BEGIN; CREATE SCHEMA forged; CREATE FUNCTION forged.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'infinity'::timestamptz $$;
        SET LOCAL search_path = forged, public, pg_catalog; ${RETENTION}; DELETE FROM public.events WHERE id = '${id}'; COMMIT`),
    ).rejects.toThrow(APPEND_ONLY);
    expect(await exists(id)).toBe(true);
  });

  test('marks an event for publishing once', async () => {
    const id = await record(true);
    const mark = () => sql('INSERT INTO event_outbox (event_id) VALUES ($1)', [id]);
    await mark();
    await expect(mark()).rejects.toThrow(/event_outbox_event_id_idx/);
  });

  const USER = `INSERT INTO users (id, email, email_key, roles, account_status)`;
  const SESSION = `INSERT INTO sessions (id, user_id, refresh_salt, expires_at, refresh_token_transport, ended_at, end_reason)
    SELECT gen_random_uuid(), id, '', now()`;

  test.each([
    ['users_account_status_check', `${USER} VALUES (gen_random_uuid(), 'b', 'b', '{}', 'GONE')`],
    ['sessions_transport_check', `${SESSION}, 'PIGEON', NULL, NULL FROM users`],
    ['sessions_ended_check', `${SESSION}, 'BODY', now(), NULL FROM users`],
    ['sessions_ended_check', `${SESSION}, 'BODY', NULL, 'LOGOUT' FROM users`],
    [
      'events_outcome_check',
      `INSERT INTO events (id, type, outcome, kept) VALUES (gen_random_uuid(), 't', 'MAYBE', true)`,
    ],
    ['users_email_key_idx', `${USER} VALUES (gen_random_uuid(), 'A', 'a', '{}', 'ACTIVE')`],
  ])('refuses by %s: %s', async (constraint, statement) => {
    await sql(`${USER} VALUES (gen_random_uuid(), 'a', 'a', '{}', 'ACTIVE') ON CONFLICT DO NOTHING`);
    await expect(sql(statement)).rejects.toMatchObject({ constraint });
  });

  test.each([
    ['off', 'on'],
    ['local', 'local'],
    ['remote_write', 'remote_write'],
    ['remote_apply', 'remote_apply'],
  ])(
    'is written to over connections that wait for the disk, and for no more than the operator wants: %s',
    async (set, used) => {
      await sql(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET synchronous_commit = ${set}`);
      const dataSource = createDataSource({
        url: new Secret(database.url),
        entities: [],
        logger: silentLogger,
        poolSize: 1,
        timeoutMs: 2_000,
      });
      await dataSource.initialize();
      try {
        const settings = ['synchronous_commit', 'statement_timeout', 'idle_in_transaction_session_timeout'];
        const rows = await dataSource.query('SELECT current_setting(unnest($1::text[])) AS value', [
          settings,
        ]);
        expect(rows).toEqual([{ value: used }, { value: '2s' }, { value: '5s' }]);
      } finally {
        await dataSource.destroy();
      }
    },
  );
});

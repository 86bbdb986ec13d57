import { eventCatalogue } from '../../src/app/features/index.ts';
import type { UserId } from '../../src/core/ids.ts';
import type { AuditFilter } from '../../src/modules/audit/audit.store.ts';
import { TypeOrmAuditStore } from '../../src/modules/audit/audit.store.typeorm.ts';
import { keptTypes } from '../../src/modules/audit/index.ts';
import type { Case, Row } from '../lib/case.ts';
import { withClient } from '../lib/database.ts';
import { addUsers } from '../lib/fixtures.ts';
import { timeLists } from '../lib/lists.ts';
import { sequentialScans } from '../lib/plans.ts';

const USERS = 100_000;
const EVENTS_EACH = 90;
/** Of one robot, which signs in all the time. */
const EVENTS_OF_ONE = 1_000_000;
const PAGE_SIZE = 100;
const READING = { pageSize: PAGE_SIZE, pages: 20, rounds: 5 };

const LIST = `query ($filter: AuthEventFilter, $first: Int!, $after: String) {
  authEvents(filter: $filter, first: $first, after: $after) {
    nodes { id type outcome actor { id } subject { id username } sessionId ipAddress userAgent occurredAt details }
    pageInfo { hasNextPage endCursor } } }`;

/** An auditor reads ten million events by every filter. */
export const auditLog: Case = async ({ createDatabase }) => {
  const databaseUrl = await createDatabase();
  const filters = filtersOf(await addEvents(databaseUrl));
  const what = (name: string) => `ten million events by ${name}`;
  const rows = await timeLists({ databaseUrl, query: LIST, filters, what, atMost: 50, ...READING });
  return [...rows, await eventScans(databaseUrl, filters)];
};

type Filters = Readonly<Record<string, Partial<AuditFilter>>>;

function filtersOf({ userId, robotId }: { readonly userId: UserId; readonly robotId: UserId }): Filters {
  const since = new Date(Date.now() - 100 * 86_400_000);
  const until = new Date(Date.now() - 90 * 86_400_000);
  const rare = { types: ['user.roles_changed', 'user.password_changed'] } as const;
  return {
    nothing: {},
    'ten days': { since, until },
    'a common type': { types: ['user.login'] },
    'rare types': rare,
    'all types': { types: keptTypes(eventCatalogue) },
    'a subject': { subjectId: userId },
    'a subject and rare types': { subjectId: userId, ...rare },
    'an actor': { actorId: userId },
    'a robot as subject': { subjectId: robotId },
    'a robot as subject, and rare types': { subjectId: robotId, ...rare },
    'a robot as actor, and rare types': { actorId: robotId, ...rare },
    'a robot as both': { subjectId: robotId, actorId: robotId },
    'a robot and an administrator': { subjectId: robotId, actorId: userId },
    'a user and a robot as actor': { subjectId: userId, actorId: robotId },
    'all of a robot in ten days': {
      subjectId: robotId,
      actorId: robotId,
      types: ['user.login'],
      since,
      until,
    },
  };
}

/** Of the first page and a later one of each filter. */
function eventScans(databaseUrl: string, filters: Filters): Promise<Row> {
  return sequentialScans('ten million events', databaseUrl, async (database, named) => {
    const store = new TypeOrmAuditStore(database, keptTypes(eventCatalogue));
    const anything: AuditFilter = { subjectId: null, actorId: null, types: null, since: null, until: null };
    const after = { at: new Date(Date.now() - 95 * 86_400_000), id: '00000000-0000-4000-8000-000000000000' };
    for (const [name, filter] of Object.entries(filters)) {
      named(name);
      for (const page of [null, after])
        await store.list({ ...anything, ...filter }, { first: PAGE_SIZE, after: page });
    }
  });
}

/** Events of 300 days. Indexes are built afterwards: ten times as fast. */
async function addEvents(databaseUrl: string) {
  return withClient(databaseUrl, async (client) => {
    const indexes = await client.query(
      `SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE tablename = 'events' AND indexname <> 'events_pkey'`,
    );
    for (const { name } of indexes.rows) await client.query(`DROP INDEX ${name}`);
    await addUsers(client, USERS);
    const insert = (of: string, types: string) =>
      `INSERT INTO events (id, type, outcome, actor_id, subject_id, session_id, request_id, ip_address, user_agent, kept, data, occurred_at)
       SELECT gen_random_uuid(), type, CASE WHEN type LIKE '%failed' THEN 'FAILURE' ELSE 'SUCCESS' END,
         CASE WHEN type NOT LIKE '%failed' THEN u.id END, u.id, u.id, 'request ' || n, '192.0.2.1',
         'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', true,
         jsonb_build_object('userId', u.id, 'sessionId', u.id), now() - random() * interval '300 days'
       FROM (${of}) u, generate_series(1, $1::int) n, LATERAL (SELECT (ARRAY[${types}])[1 + n % cardinality(ARRAY[${types}])] AS type) t`;
    const types = "'user.login', 'session.created', 'session.terminated', 'user.login_failed', 'user.logout'";
    await client.query(insert('SELECT id FROM users', types), [EVENTS_EACH]);
    const robot = "SELECT id FROM users WHERE email = 'u1@example.org'";
    await client.query(insert(robot, "'user.login', 'session.created'"), [EVENTS_OF_ONE]);
    for (const { sql } of indexes.rows) await client.query(sql);
    await client.query('VACUUM ANALYZE');
    const { rows } = await client.query(
      `SELECT id FROM users WHERE email IN ('u1@example.org', 'u2@example.org') ORDER BY email`,
    );
    return { robotId: rows[0].id, userId: rows[1].id };
  });
}

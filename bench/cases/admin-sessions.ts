import type { UserId } from '../../src/core/ids.ts';
import type { Case } from '../lib/case.ts';
import { graphql } from '../lib/client.ts';
import { withClient } from '../lib/database.ts';
import { addUsers } from '../lib/fixtures.ts';
import { timeLists } from '../lib/lists.ts';
import { timed } from '../lib/load.ts';
import { type SessionFilters, sessionScans } from '../lib/session-plans.ts';

const USERS = 100_000;
const SESSIONS_EACH = 3;
const PAGE_SIZE = 100;
const READING = { pageSize: PAGE_SIZE, pages: 20, rounds: 5 };

const LIST = `query ($filter: SessionFilter, $first: Int!, $after: String) {
  sessions(filter: $filter, first: $first, after: $after) {
    nodes { id status ipAddress device { kind } createdAt lastActiveAt endReason user { id username email } }
    pageInfo { hasNextPage endCursor } } }`;
const COUNT = 'query ($filter: SessionFilter) { sessions(filter: $filter, first: 1) { totalCount } }';

/** An administrator lists the sessions of many users by every filter, and reads on. */
export const adminSessions: Case = async ({ createDatabase }) => {
  const databaseUrl = await createDatabase();
  const filters = filtersOf(await addSessions(databaseUrl));
  const rows = await timeLists({
    databaseUrl,
    query: LIST,
    filters,
    what: (name) => `everyone's sessions by ${name}`,
    atMost: 100,
    async besides(url, { filter, token }) {
      const counted = await timed(() => graphql(url, COUNT, { variables: { filter }, token }));
      return `counting them ${counted.toFixed(0)} ms`;
    },
    ...READING,
  });
  return [...rows, await sessionScans(databaseUrl, filters, PAGE_SIZE)];
};

interface Known {
  readonly userId: UserId;
  readonly commonAddress: string;
  readonly rareAddress: string;
}

function filtersOf({ userId, commonAddress, rareAddress }: Known): SessionFilters {
  const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000);
  return {
    nothing: {},
    user: { userId },
    'nobody’s id': { userId: '00000000-0000-4000-8000-000000000000' as UserId },
    'status ACTIVE': { status: 'ACTIVE' },
    'status ENDED': { status: 'ENDED' },
    'a common address': { ipAddress: commonAddress },
    'a rare address': { ipAddress: rareAddress },
    'an address of nobody': { ipAddress: '203.0.113.9' },
    'activity of the last hour': { activeSince: ago(1) },
    'activity of twenty days': { activeSince: ago(480) },
    'user and status': { userId, status: 'ENDED' },
    'a common address and ENDED': { ipAddress: commonAddress, status: 'ENDED' },
    'a rare address and ACTIVE': { ipAddress: rareAddress, status: 'ACTIVE' },
    'a rare address and the last hour': { ipAddress: rareAddress, activeSince: ago(1) },
    'ENDED and the last hour': { status: 'ENDED', activeSince: ago(1) },
    'all four': {
      userId,
      status: 'ACTIVE',
      ipAddress: rareAddress,
      activeSince: ago(480),
    },
  };
}

/** Two of three sessions are good, one has ended; a tenth comes from one address, the others from twenty thousand. */
async function addSessions(databaseUrl: string): Promise<Known> {
  const commonAddress = '192.0.2.1';
  return withClient(databaseUrl, async (client) => {
    await addUsers(client, USERS);
    // Activity is dated to the minute: many sessions share a date. Good ones are not idle, or the sweep would end them.
    await client.query(
      `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, ip_address, user_agent,
         last_active_at, expires_at, ended_at, end_reason)
       SELECT gen_random_uuid(), u.id, decode(repeat('00', 32), 'hex'), 'BODY',
         CASE WHEN random() < 0.1 THEN $2::inet ELSE inet '10.0.0.0' + (random() * 20000)::int END,
         'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
         date_trunc('minute', now() - random() * CASE WHEN n = 1 THEN interval '30 days' ELSE interval '6 days' END),
         now() + interval '20 days',
         CASE WHEN n = 1 THEN now() - interval '1 hour' END, CASE WHEN n = 1 THEN 'LOGOUT' END
       FROM users u, generate_series(1, $1::int) n`,
      [SESSIONS_EACH, commonAddress],
    );
    await client.query('ANALYZE');
    const { rows } = await client.query(
      `SELECT user_id, host(ip_address) AS address FROM sessions WHERE ip_address <> $1 AND ended_at IS NULL LIMIT 1`,
      [commonAddress],
    );
    return { userId: rows[0].user_id, commonAddress, rareAddress: rows[0].address };
  });
}

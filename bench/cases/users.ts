import type { Case } from '../lib/case.ts';
import { withClient } from '../lib/database.ts';
import { timeLists } from '../lib/lists.ts';

const USERS = 1_000_000;
/** The first page and the next, several times. */
const READING = { pageSize: 20, pages: 2, rounds: 20 };

const LIST = `query ($filter: UserFilter, $first: Int!, $after: String) {
  users(filter: $filter, first: $first, after: $after) {
    nodes { id email username name roles accountStatus createdAt } pageInfo { hasNextPage endCursor } } }`;

/** Searches by an administrator among a million users. */
const filters: Readonly<Record<string, object>> = {
  'what everybody has': { search: 'example.com' },
  'what one user has': { search: 'bernd.schulz500001@' },
  'what nobody has': { search: 'nobody.at.all' },
  'a first name': { search: 'Anna' },
  'two letters of nobody': { search: 'zq' },
  'what only the oldest tenth has': { search: '@old.exam' },
  'what everybody has, and DISABLED': { search: 'example.com', accountStatus: 'DISABLED' },
  'what everybody has, and a rare role': { search: 'example.com', role: 'admin' },
  'what everybody has, and locked': { search: 'example.com', locked: true },
  'what everybody has, and what most are': {
    search: 'example.com',
    accountStatus: 'ACTIVE',
    emailVerified: true,
    locked: false,
    role: 'user',
  },
  'what the oldest tenth has, and a rare role': { search: '@old.exam', role: 'admin' },
  'what one user has, and all conditions': {
    search: 'bernd.schulz500001@',
    accountStatus: 'ACTIVE',
    emailVerified: true,
    locked: false,
    role: 'user',
  },
  'a rare role': { role: 'admin' },
  'DISABLED and not confirmed': { accountStatus: 'DISABLED', emailVerified: false },
};

export const users: Case = async ({ createDatabase }) => {
  const databaseUrl = await createDatabase();
  await addUsers(databaseUrl);
  const what = (name: string) => `users by ${name}`;
  return timeLists({ databaseUrl, query: LIST, filters, what, atMost: 200, ...READING });
};

/** A user every half minute; one in a thousand is disabled, one in fifty not confirmed, one in ten thousand an administrator. */
async function addUsers(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query(
      `INSERT INTO users (id, email, email_key, email_verified, username, username_key, name, roles, account_status, created_at)
       SELECT gen_random_uuid(), email, email, n % 50 <> 0, first || n, first || n, initcap(first || ' ' || last),
         CASE WHEN n % 10000 = 0 THEN '{user,admin}' ELSE '{user}' END::text[],
         CASE WHEN n % 1000 = 7 THEN 'DISABLED' ELSE 'ACTIVE' END, now() - ($1 - n) * interval '30 seconds'
       FROM (SELECT *, first || '.' || last || n || CASE WHEN 10 * n <= $1 THEN '@old.example.com' ELSE '@example.com' END AS email
         FROM (SELECT n, (ARRAY['anna','bernd','carla','dieter','eva','frank','gerda','hans','ines','jonas'])[1 + n % 10] AS first,
             (ARRAY['schmidt','meyer','fischer','weber','wagner','becker','schulz'])[1 + n / 10 % 7] AS last
           FROM generate_series(1, $1::int) AS n) AS named) AS addressed`,
      [USERS],
    );
    await client.query('VACUUM ANALYZE users');
  });
}

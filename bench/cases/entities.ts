import pg from 'pg';
import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { graphql, signup } from '../lib/client.ts';
import { addUsers } from '../lib/fixtures.ts';
import { median, timed } from '../lib/load.ts';

const REFERENCES = 1_000;
const TIMES = 60;
const QUERY = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id username name } } }';

/** A thousand references in one request against the one statement that it takes. */
export const entities: Case = async ({ createDatabase }) => {
  const databaseUrl = await createDatabase();
  await addUsers(databaseUrl, 10_000);
  const env = { DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'error' };
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { accessToken: token } = await signup(latchkey.url, 'entities@example.com');
    const { rows } = await client.query<{ id: string }>('SELECT id FROM users LIMIT $1', [REFERENCES]);
    const ids = rows.map(({ id }) => id);
    const variables = { r: ids.map((id) => ({ __typename: 'User', id })) };
    const viaHttp: number[] = [];
    const bare: number[] = [];
    for (let i = 0; i < TIMES; i += 1) {
      viaHttp.push(await timed(() => graphql(latchkey.url, QUERY, { variables, token })));
      bare.push(await timed(() => client.query('SELECT * FROM users WHERE id = ANY($1)', [ids])));
    }
    const [http, alone] = [viaHttp, bare].map((times) => median(times.slice(10)));
    const raw = `_entities p50 ${http?.toFixed(1)} ms, statement p50 ${alone?.toFixed(1)} ms`;
    return [
      {
        what: '`_entities` × 1,000 p50 ÷ one `= ANY($1)` by `pg` p50',
        value: (http ?? 0) / (alone ?? 1),
        atMost: 4,
        raw,
      },
    ];
  } finally {
    await client.end();
    await latchkey.stop();
  }
};

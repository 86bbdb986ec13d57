import pg from 'pg';
import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { graphql, signup } from '../lib/client.ts';
import { addRows } from '../lib/fixtures.ts';
import { median, timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const REFERENCES = 1_000;
const TIMES = 60;
const SINGLE_TIMES = 1_000;
const WARM_UP = 10;
const QUERY = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id username name } } }';
const STATEMENT = 'SELECT id, username, name FROM users WHERE id = ANY($1)';

/** A thousand references in one request against the one statement that it takes; and one reference against `me`. */
export const entities: Case = async ({ createDatabase }) => {
  const databaseUrl = await createDatabase();
  await addRows(databaseUrl, { users: 10_000, sessionsEach: 2, events: 0 });
  const env = production(databaseUrl);
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { accessToken: token } = await signup(latchkey.url, 'entities@example.com');
    const { rows } = await client.query<{ id: string }>('SELECT id FROM users LIMIT $1', [REFERENCES]);
    const ids = rows.map(({ id }) => id);
    const references = ids.map((id) => ({ __typename: 'User', id }));
    const find = (r: readonly object[]) => graphql(latchkey.url, QUERY, { variables: { r }, token });
    const times: Record<'thousand' | 'bare' | 'one' | 'me', number[]> = {
      thousand: [],
      bare: [],
      one: [],
      me: [],
    };
    for (let i = 0; i < TIMES; i += 1) {
      times.thousand.push(await timed(() => find(references)));
      times.bare.push(await timed(() => client.query(STATEMENT, [ids])));
    }
    for (let i = 0; i < SINGLE_TIMES; i += 1) {
      times.one.push(await timed(() => find(references.slice(i % REFERENCES, (i % REFERENCES) + 1))));
      times.me.push(await timed(() => graphql(latchkey.url, '{ me { id username name } }', { token })));
    }
    const p50 = (of: keyof typeof times) => median(times[of].slice(WARM_UP));
    return [
      {
        what: '`_entities` × 1,000 p50 ÷ one `= ANY($1)` of the same columns by `pg` p50',
        value: p50('thousand') / p50('bare'),
        atMost: 1.5,
        raw: `_entities p50 ${p50('thousand').toFixed(1)} ms, statement p50 ${p50('bare').toFixed(1)} ms`,
      },
      {
        what: '`_entities` × 1 p50 ÷ `me` p50',
        value: p50('one') / p50('me'),
        atMost: 1.3,
        raw: `_entities p50 ${p50('one').toFixed(2)} ms, \`me\` p50 ${p50('me').toFixed(2)} ms`,
      },
    ];
  } finally {
    await client.end();
    await latchkey.stop();
  }
};

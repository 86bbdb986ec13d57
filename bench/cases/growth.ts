import type { Case, Row, Surroundings } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { createToken, graphql, refresh, signup } from '../lib/client.ts';
import { type Amounts, addRows } from '../lib/fixtures.ts';
import { median, timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const SMALL: Amounts = { users: 1_000, sessionsEach: 2, events: 1_000 };
const TIMES = 400;
const ROUNDS = 10;

/** The same paths at a thousand and at a million users. */
export const growth: Case = (surroundings) =>
  compare(surroundings, 'a million users', 1.1, { users: 1_000_000, sessionsEach: 2, events: 1_000 });

/** And at ten million sessions and as many events. */
export const volume: Case = (surroundings) =>
  compare(surroundings, 'ten million sessions and events', 1.2, {
    users: 1_000_000,
    sessionsEach: 10,
    events: 10_000_000,
  });

async function compare(
  { createDatabase }: Surroundings,
  size: string,
  atMost: number,
  amounts: Amounts,
): Promise<Row[]> {
  const [few, many] = [await createDatabase(), await createDatabase()];
  // Before anyone signs up: to add ten million rows takes longer than a token lives.
  await addRows(few, SMALL);
  await addRows(many, amounts);
  const [small, large] = [await start(few), await start(many)];
  try {
    const rows: Row[] = [];
    for (const name of Object.keys(small.paths)) {
      const times: Record<'small' | 'large', number[]> = { small: [], large: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [which, { paths }] of [
          ['small', small],
          ['large', large],
        ] as const) {
          for (let i = 0; i < TIMES / ROUNDS; i += 1)
            times[which].push(await timed(() => paths[name]?.() ?? Promise.resolve()));
        }
      }
      const p50 = { small: median(times.small), large: median(times.large) };
      const raw = `p50 ${p50.small.toFixed(2)} ms at a thousand users, ${p50.large.toFixed(2)} ms at ${size}`;
      rows.push({ what: `growth to ${size}: ${name}`, value: p50.large / p50.small, atMost, raw });
    }
    return rows;
  } finally {
    await Promise.all([small.server.stop(), large.server.stop()]);
  }
}

async function start(databaseUrl: string) {
  // Refused logins are compared, not what holds up a suspicious address.
  const env = { ...production(databaseUrl), STUFFING_IDENTIFIERS: '0' };
  const server = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const { url } = server;
  let { accessToken, refreshToken } = await signup(url, 'growth@example.com');
  const token = await createToken(url, accessToken, ['profile:read']);
  let user = 0;
  // Each of another user, since wrong passwords lock an account.
  const login = () =>
    `mutation { login(input: { identifier: "u${++user}@example.org", password: "not the right one" }) { __typename } }`;
  const paths: Record<string, () => Promise<unknown>> = {
    '`me` by JWT': () => graphql(url, '{ me { id email } }', { token: accessToken }),
    '`me` by PAT': () => graphql(url, '{ me { id email } }', { token }),
    "one's own sessions": () => graphql(url, '{ me { sessions { nodes { id } } } }', { token: accessToken }),
    refresh: async () => {
      ({ accessToken, refreshToken } = await refresh(url, refreshToken));
    },
    'a refused login': () => graphql(url, login()),
  };
  for (const path of Object.values(paths)) for (let i = 0; i < 20; i += 1) await path();
  return { server, paths };
}

import type { Case, Row } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { createToken, graphql, refresh, signup } from '../lib/client.ts';
import { addUsers } from '../lib/fixtures.ts';
import { median, timed } from '../lib/load.ts';

const SMALL = 1_000;
const LARGE = 1_000_000;
const TIMES = 200;
const ROUNDS = 5;

/** The same paths at a thousand and at a million users. */
export const growth: Case = async ({ createDatabase }) => {
  const small = await start(await createDatabase(), SMALL);
  const large = await start(await createDatabase(), LARGE);
  try {
    const rows: Row[] = [];
    for (const name of Object.keys(small.paths)) {
      const times: Record<'small' | 'large', number[]> = { small: [], large: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [size, { paths }] of [
          ['small', small],
          ['large', large],
        ] as const) {
          for (let i = 0; i < TIMES / ROUNDS; i += 1)
            times[size].push(await timed(() => paths[name]?.() ?? Promise.resolve()));
        }
      }
      const [at1k, at1m] = [median(times.small), median(times.large)];
      const raw = `p50 ${at1k.toFixed(2)} ms at ${SMALL.toLocaleString('en')}, ${at1m.toFixed(2)} ms at ${LARGE.toLocaleString('en')} users`;
      rows.push({ what: `growth to a million users: ${name}`, value: at1m / at1k, atMost: 1.3, raw });
    }
    return rows;
  } finally {
    await Promise.all([small.server.stop(), large.server.stop()]);
  }
};

async function start(databaseUrl: string, users: number) {
  await addUsers(databaseUrl, users);
  const env = { DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'error' };
  const server = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const { url } = server;
  let { accessToken, refreshToken } = await signup(url, 'growth@example.com');
  const token = await createToken(url, accessToken, ['profile:read']);
  const login =
    'mutation { login(input: { identifier: "u1@example.org", password: "not the right one" }) { __typename } }';
  const paths: Record<string, () => Promise<unknown>> = {
    '`me` by JWT': () => graphql(url, '{ me { id email } }', { token: accessToken }),
    '`me` by PAT': () => graphql(url, '{ me { id email } }', { token }),
    "one's own sessions": () => graphql(url, '{ me { sessions { nodes { id } } } }', { token: accessToken }),
    refresh: async () => {
      ({ accessToken, refreshToken } = await refresh(url, refreshToken));
    },
    'a refused login': () => graphql(url, login),
  };
  for (const path of Object.values(paths)) for (let i = 0; i < 20; i += 1) await path();
  return { server, paths };
}

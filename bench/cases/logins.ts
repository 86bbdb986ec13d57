import type { Case, Row } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { graphql, PASSWORD, signup } from '../lib/client.ts';
import { costOf, shownCost } from '../lib/cpu.ts';
import type { Report } from '../lib/latchkey.ts';
import { median, percentile, timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const ROUNDS = 3;
const SECONDS = 6;
const COUNTED = 20;
const WAYS = {
  native: { env: { BCRYPT_ENGINE: 'auto' }, atLeast: 0.92 },
  bcryptjs: { env: { BCRYPT_ENGINE: 'bcryptjs' }, atLeast: 0.92 },
  // So fast that the rest of a login counts.
  argon2id: { env: { PASSWORD_HASH: 'argon2id' }, atLeast: undefined },
} as const;
/** Accounts that sign in: attempts on one are made one after another. */
const ACCOUNTS = 50;
const emailOf = (account: number) => `storm${account % ACCOUNTS}@example.com`;
const loginOf = (account: number) =>
  `mutation { login(input: { identifier: "${emailOf(account)}", password: "${PASSWORD}" }) { __typename } }`;

/** Sign-ins against the hash that bounds them, by either engine of bcrypt and by Argon2id; and what people notice of a storm who are signed in. */
export const logins: Case = async ({ createDatabase }) => {
  const children: Child[] = [];
  const start = async (program: string, env: Readonly<Record<string, string>>) => {
    const child = await Child.start(new URL(`../lib/${program}.ts`, import.meta.url), env);
    children.push(child);
    return child;
  };
  try {
    const rows: Row[] = [];
    const alone: Record<string, number> = {};
    for (const [name, way] of Object.entries(WAYS)) {
      const databaseUrl = await createDatabase();
      const env = { ...production(databaseUrl), ...way.env };
      const latchkey = await start('latchkey', env);
      const ceiling = await start('hash-ceiling', env);
      for (let account = 0; account < ACCOUNTS; account += 1) await signup(latchkey.url, emailOf(account));
      const hashes: number[] = [];
      const signedIn: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        hashes.push((await ceiling.ask<{ perSecond: number }>('measure')).perSecond);
        signedIn.push((await storm(latchkey.url, 8)) / SECONDS);
      }
      alone[name] = median(hashes);
      rows.push({
        what: `logins a second ÷ the hash alone on the same cores, ${name}`,
        value: median(signedIn) / median(hashes),
        ...(way.atLeast === undefined ? {} : { atLeast: way.atLeast }),
        raw: `logins ${median(signedIn).toFixed(1)}/s, hash alone ${median(hashes).toFixed(1)}/s`,
      });
      if (name === 'native') rows.push(...(await costs(latchkey, databaseUrl)), ...(await calm(latchkey)));
    }
    const { native = 1, bcryptjs = 1, argon2id = 0 } = alone;
    rows.push({
      what: 'hashes a second, native ÷ bcryptjs',
      value: native / bcryptjs,
      atLeast: 1.5,
      raw: `${native.toFixed(1)}/s, ${bcryptjs.toFixed(1)}/s`,
    });
    rows.push({
      what: 'hashes a second, argon2id ÷ native bcrypt',
      value: argon2id / native,
      raw: `${argon2id.toFixed(1)}/s, ${native.toFixed(1)}/s`,
    });
    return rows;
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
};

/** What a login asks of Postgres. */
async function costs(latchkey: Child, databaseUrl: string): Promise<Row[]> {
  await latchkey.ask('reset');
  for (let i = 0; i < COUNTED; i += 1) await graphql(latchkey.url, loginOf(i));
  const { statements } = await latchkey.ask<Report>('report');
  // The relay's come after the answer. The rest of the background sends few.
  const before = Object.entries(statements).filter(([text]) => !text.includes('DELETE FROM event_outbox'));
  const sent = before.reduce((sum, [, count]) => sum + Math.round(count / COUNTED), 0);
  const cost = await costOf({ pid: latchkey.pid, databaseUrl }, () => storm(latchkey.url, 8));
  return [
    {
      what: 'statements of a login, BEGIN and COMMIT included',
      value: sent,
      unit: 'count',
      atMost: 8,
      raw: `counted over ${COUNTED} logins; two count the attempt for the lockout`,
    },
    { what: "Postgres' CPU of a login", value: cost.postgresMs, unit: 'ms', raw: shownCost(cost) },
  ];
}

/** What somebody notices of a storm who is signed in already. */
async function calm(latchkey: Child): Promise<Row[]> {
  // Somebody else than those who sign in: their cap must not end this session.
  const { accessToken: token } = await signup(latchkey.url, 'calm@example.com');
  const me = () => graphql(latchkey.url, '{ me { id } }', { token });
  for (let i = 0; i < 100; i += 1) await me();
  await latchkey.ask('reset');
  const times: number[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      times.push(await timed(me));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  await storm(latchkey.url, 50);
  over = true;
  await watching;
  const { loopP99Ms, loopMaxMs } = await latchkey.ask<Report>('report');
  const raw = `50 logins in flight; \`me\` p50 ${percentile(times, 50).toFixed(1)} ms, loop max ${loopMaxMs.toFixed(0)} ms`;
  return [
    { what: '`me` p99 in a login storm', value: percentile(times, 99), unit: 'ms', atMost: 100, raw },
    { what: 'event-loop delay p99 in a login storm', value: loopP99Ms, unit: 'ms', atMost: 50, raw },
  ];
}

/** Logins in `SECONDS` with so many in flight; who is told to come back later comes back a little later. */
async function storm(url: string, inFlight: number): Promise<number> {
  let done = 0;
  const end = performance.now() + SECONDS * 1000;
  const client = async (_: unknown, account: number) => {
    while (performance.now() < end) {
      const { login } = await graphql<{ login: { __typename: string } }>(url, loginOf(account));
      if (login.__typename === 'Authentication') done += 1;
      else await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  return done;
}

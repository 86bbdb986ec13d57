import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { graphql, PASSWORD, signup } from '../lib/client.ts';
import type { Report } from '../lib/latchkey.ts';
import { median, percentile, timed } from '../lib/load.ts';

const ROUNDS = 3;
const SECONDS = 6;
const LOGIN = `mutation { login(input: { identifier: "storm@example.com", password: "${PASSWORD}" }) { __typename } }`;

/** Sign-ins against the hash that bounds them; and what people notice of a storm who are signed in already. */
export const logins: Case = async ({ createDatabase }) => {
  const env = { DATABASE_URL: await createDatabase(), PORT: '0', LOG_LEVEL: 'error' };
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const ceiling = await Child.start(new URL('../lib/bcrypt-ceiling.ts', import.meta.url), {});
  try {
    // Somebody else than those who sign in: their cap must not end this session.
    const { accessToken: token } = await signup(latchkey.url, 'calm@example.com');
    await signup(latchkey.url, 'storm@example.com');
    const me = () => graphql(latchkey.url, '{ me { id } }', { token });
    for (let i = 0; i < 100; i += 1) await me();

    const alone: number[] = [];
    const signedIn: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      alone.push((await ceiling.ask<{ perSecond: number }>('measure')).perSecond);
      signedIn.push(await storm(latchkey.url, 8));
    }
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
    const raw = `logins ${median(signedIn).toFixed(1)}/s, hash alone ${median(alone).toFixed(1)}/s`;
    const storms = `50 logins in flight; \`me\` p50 ${percentile(times, 50).toFixed(1)} ms, loop max ${loopMaxMs.toFixed(0)} ms`;
    return [
      {
        what: 'logins a second ÷ the hash alone on the same cores',
        value: median(signedIn) / median(alone),
        atLeast: 0.85,
        raw,
      },
      {
        what: '`me` p99 in a login storm',
        value: percentile(times, 99),
        unit: 'ms',
        atMost: 100,
        raw: storms,
      },
      {
        what: 'event-loop delay p99 in a login storm',
        value: loopP99Ms,
        unit: 'ms',
        atMost: 50,
        raw: storms,
      },
    ];
  } finally {
    await Promise.all([latchkey.stop(), ceiling.stop()]);
  }
};

/** Logins a second with so many in flight; who is told to come back later comes back a little later. */
async function storm(url: string, inFlight: number): Promise<number> {
  let done = 0;
  const startedAt = performance.now();
  const end = startedAt + SECONDS * 1000;
  const client = async () => {
    while (performance.now() < end) {
      const { login } = await graphql<{ login: { __typename: string } }>(url, LOGIN);
      if (login.__typename === 'Authentication') done += 1;
      else await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  return (done / (performance.now() - startedAt)) * 1000;
}

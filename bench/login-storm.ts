/** Fifty logins in flight for ten seconds: what do people notice who are signed in already? */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphql, percentile, startServer, timed } from './support.ts';

const SECONDS = 10;
const LOGINS_IN_FLIGHT = 50;
const PASSWORD = 'correct horse battery staple';

const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const server = await startServer({ DATA_DIR: dataDir });
try {
  // Somebody else than those who sign in: their cap must not end this session.
  const token = await signup('grace@example.com');
  await signup('ada@example.com');
  const me = () => graphql(server.url, '{ me { id email } }', token);
  for (let i = 0; i < 200; i += 1) await me();
  const calm = await measure(me);
  const storm = await stormed(me);
  console.log(JSON.stringify({ calm, storm }, null, 2));
} finally {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function stormed(me: () => Promise<unknown>) {
  let done = false;
  const outcomes: Record<string, number> = {};
  const loginOnce = async () => {
    const { login } = await graphql<{ login: { __typename: string } }>(
      server.url,
      `mutation { login(input: { identifier: "ada@example.com", password: "${PASSWORD}" }) { __typename } }`,
    );
    outcomes[login.__typename] = (outcomes[login.__typename] ?? 0) + 1;
    // A client that is told to come back later does not come back at once.
    if (login.__typename === 'AuthRateLimitedError') await new Promise((resolve) => setTimeout(resolve, 250));
  };
  const storm = Array.from({ length: LOGINS_IN_FLIGHT }, async () => {
    while (!done) await loginOnce();
  });
  const figures = await measure(me);
  done = true;
  await Promise.all(storm);
  return { ...figures, outcomes };
}

async function measure(me: () => Promise<unknown>) {
  server.reset();
  const times: number[] = [];
  const end = performance.now() + SECONDS * 1000;
  while (performance.now() < end) {
    times.push(await timed(me));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { loopP99Ms, loopMaxMs, rssMb } = await server.report();
  return {
    requests: times.length,
    meP50Ms: percentile(times, 50),
    meP99Ms: percentile(times, 99),
    loopP99Ms,
    loopMaxMs,
    rssMb,
  };
}

async function signup(email: string): Promise<string> {
  const { signup } = await graphql<{ signup: { accessToken: string } }>(
    server.url,
    `mutation { signup(input: { email: "${email}", password: "${PASSWORD}" }) { ... on Authentication { accessToken } } }`,
  );
  return signup.accessToken;
}

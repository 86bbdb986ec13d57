import { newSecrets } from '../../test/support/secrets.ts';
import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { graphql, PASSWORD, signup } from '../lib/client.ts';
import { percentile } from '../lib/load.ts';

const TIMES = 200;

/** How long after it was ended on one instance a session is refused on another. */
export const revocation: Case = async ({ createDatabase, redisUrl }) => {
  const env = {
    DATABASE_URL: await createDatabase(),
    REDIS_URL: redisUrl,
    PORT: '0',
    LOG_LEVEL: 'error',
    PUBLIC_URL: 'http://localhost:4001',
    ...newSecrets(),
    MAX_SESSIONS_PER_USER: '100',
  };
  const program = new URL('../lib/latchkey.ts', import.meta.url);
  const [a, b] = [await Child.start(program, env), await Child.start(program, env)];
  try {
    const { accessToken: owner } = await signup(a.url, 'revocation@example.com');
    const delays: number[] = [];
    for (let i = 0; i < TIMES; i += 1) {
      const { login } = await graphql<{ login: { accessToken: string; session: { id: string } } }>(
        a.url,
        `mutation { login(input: { identifier: "revocation@example.com", password: "${PASSWORD}" }) {
          ... on Authentication { accessToken session { id } } } }`,
      );
      await graphql(b.url, '{ me { id } }', { token: login.accessToken });
      const end = `mutation { terminateSession(id: "${login.session.id}") { ... on SessionsTerminated { count } } }`;
      await graphql(a.url, end, { token: owner });
      const endedAt = performance.now();
      while (await isAccepted(b.url, login.accessToken));
      delays.push(performance.now() - endedAt);
    }
    const raw = `${TIMES} times: p50 ${percentile(delays, 50).toFixed(1)} ms, max ${Math.max(...delays).toFixed(1)} ms after the answer`;
    return [
      {
        what: 'revocation seen on another instance, p99',
        value: percentile(delays, 99),
        unit: 'ms',
        atMost: 250,
        raw,
      },
    ];
  } finally {
    await Promise.all([a.stop(), b.stop()]);
  }
};

async function isAccepted(url: string, token: string): Promise<boolean> {
  return graphql(url, '{ me { id } }', { token }).then(
    () => true,
    () => false,
  );
}

import { auc } from '../lib/auc.ts';
import type { Case, Row } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { graphql, signup } from '../lib/client.ts';
import { percentile, timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const TIMES = 300;
const WRONG = 'not the right one';

/** Of accounts, which have signed up from elsewhere, and of strangers. */
const HOME = '192.0.2.1';
const STRANGER = '203.0.113.7';

/**
 * Whether response times tell a stranger which accounts exist. A sign-up is not compared: without mail its answer tells that an
 * address is taken.
 */
export const timing: Case = async ({ createDatabase, redisUrl }) => {
  const env = {
    ...production(await createDatabase()),
    REDIS_URL: redisUrl,
    STUFFING_IDENTIFIERS: '0',
    TRUSTED_PROXIES: 'loopback',
  };
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  try {
    const { url } = latchkey;
    const known = Array.from({ length: TIMES }, (_, i) => `known${i}@example.com`);
    for (const email of known) await signup(url, email, HOME);
    const login = (identifier: string) =>
      graphql(url, 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
        variables: { input: { identifier, password: WRONG } },
        address: STRANGER,
      });
    const rows = [
      await compare(
        'login',
        (i) => login(known[i] ?? ''),
        (i) => login(`unknown${i}@example.com`),
      ),
    ];
    const [locked = '', lockedUnknown] = [known[0], 'locked@example.com'];
    for (let i = 0; i < 6; i += 1) for (const email of [locked, lockedUnknown]) await login(email);
    rows.push(
      await compare(
        'login while locked',
        () => login(locked),
        () => login(lockedUnknown),
      ),
    );
    return rows;
  } finally {
    await latchkey.stop();
  }
};

type Act = (i: number) => Promise<unknown>;

async function compare(operation: string, known: Act, unknown: Act): Promise<Row> {
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let i = 0; i < TIMES; i += 1)
    // In an order that says nothing.
    for (const kind of Math.random() < 0.5
      ? (['known', 'unknown'] as const)
      : (['unknown', 'known'] as const))
      times[kind].push(await timed(() => (kind === 'known' ? known(i) : unknown(i))));
  const raw = `p50 ${percentile(times.known, 50).toFixed(2)} ms for known ones, ${percentile(times.unknown, 50).toFixed(2)} ms for unknown ones; ${TIMES} each`;
  return {
    what: `whether the time of ${operation} tells that an account exists (AUC)`,
    value: auc(times.known, times.unknown),
    atLeast: 0.4,
    atMost: 0.6,
    raw,
  };
}

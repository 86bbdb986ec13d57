import { auc } from '../lib/auc.ts';
import type { Case, Row, Surroundings } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { graphql, PASSWORD, signup } from '../lib/client.ts';
import { withClient } from '../lib/database.ts';
import { percentile, timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const TIMES = 300;
const WRONG = 'not the right one';

/** Of accounts, which have signed up from elsewhere, and of strangers. */
const HOME = '192.0.2.1';
const STRANGER = '203.0.113.7';

const known = Array.from({ length: TIMES }, (_, i) => `known${i}@example.com`);
const knownAt = (i: number) => known[i] ?? '';
const unknownAt = (i: number) => `unknown${i}@example.com`;

/** Whether response times tell a stranger which accounts exist. */
export const timing: Case = async (surroundings) => {
  const env = await environment(surroundings);
  const rows = await withServer(env, async (url) => {
    for (const email of known) await signup(url, email, HOME);
    return ofSignIn(url);
  });
  await withClient(env.DATABASE_URL, (client) => client.query('UPDATE users SET email_verified = true'));
  return [...rows, ...(await withServer({ ...env, EMAIL_VERIFICATION: 'required' }, ofMail))];
};

async function environment({ createDatabase, redisUrl }: Surroundings) {
  return {
    ...production(await createDatabase()),
    REDIS_URL: redisUrl,
    STUFFING_IDENTIFIERS: '0',
    TRUSTED_PROXIES: 'loopback',
  };
}

async function withServer<T>(
  env: Readonly<Record<string, string>>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  try {
    return await work(latchkey.url);
  } finally {
    await latchkey.stop();
  }
}

async function ofSignIn(url: string): Promise<Row[]> {
  const login = (identifier: string) =>
    send(url, 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
      input: { identifier, password: WRONG },
    });
  const first = await compare(
    'login',
    (i) => login(knownAt(i)),
    (i) => login(unknownAt(i)),
  );
  const [locked, lockedUnknown] = [knownAt(0), 'locked@example.com'];
  for (let i = 0; i < 6; i += 1) for (const email of [locked, lockedUnknown]) await login(email);
  const second = await compare(
    'login while locked',
    () => login(locked),
    () => login(lockedUnknown),
  );
  return [first, second];
}

/** Where addresses must be confirmed. */
async function ofMail(url: string): Promise<Row[]> {
  const signUp = (email: string) =>
    send(url, 'mutation ($input: SignupInput!) { signup(input: $input) { __typename } }', {
      input: { email, password: PASSWORD },
    });
  const ask = (mutation: string) => (email: string) =>
    send(url, `mutation ($email: String!) { ${mutation}(input: { email: $email }) { __typename } }`, {
      email,
    });
  const rows: Row[] = [];
  // Each with addresses that nobody has used: a sign-up makes them known.
  for (const [name, act] of [
    ['signup', signUp],
    ['requestPasswordReset', ask('requestPasswordReset')],
    ['resendVerificationEmail', ask('resendVerificationEmail')],
  ] as const)
    rows.push(
      await compare(
        name,
        (i) => act(knownAt(i)),
        (i) => act(`${name}.${unknownAt(i)}`),
      ),
    );
  return rows;
}

const send = (url: string, query: string, variables: object) =>
  graphql(url, query, { variables, address: STRANGER });

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

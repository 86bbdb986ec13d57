import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { REFUSED_REQUESTS } from '../support/amounts.ts';
import { type Answer, GraphQLClient, LOGIN, ME, newAccount, PASSWORD, REFRESH } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { useOwnPostgres } from '../support/own-postgres.ts';
import { makeToken } from '../support/personal-access-tokens.ts';

const ENTITIES = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { username } } }';
const AT_ONCE = 50;

const own = useOwnPostgres();
const account = newAccount();
let [user, script]: GraphQLClient[] = [];
let userId = '';
let admin: Client;

beforeAll(async () => {
  user = new GraphQLClient(own.url);
  const { user: owner } = await user.signup(account);
  userId = owner.id;
  script = new GraphQLClient(own.url);
  script.accessToken = (await makeToken(user, 'profile:read', 'sessions:read')).token;
  admin = new Client({ connectionString: own.postgres.url });
  admin.on('error', () => undefined);
  await admin.connect();
});
afterAll(() => admin?.end());

const kinds: Record<string, () => Promise<string | undefined>> = {
  query: () => codeOf(script?.send(ME)),
  mutation: () =>
    codeOf(
      new GraphQLClient(own.url).send(LOGIN, { input: { identifier: account.email, password: PASSWORD } }),
    ),
  refresh: () =>
    codeOf(new GraphQLClient(own.url).send(REFRESH, { input: { refreshToken: user?.refreshToken } })),
  entity: () => codeOf(user?.send(ENTITIES, { r: [{ __typename: 'User', id: userId }] })),
  stream: async () => {
    const stream = await EventStream.open(own.url, { accessToken: script?.accessToken ?? null });
    // Routers lose the code of an error: a last change says the same.
    const { kinds, text } = await stream.end();
    return kinds[0] === 'CREDENTIAL_UNVERIFIED' ? 'SERVICE_UNAVAILABLE' : text;
  },
  probe: async () => ((await fetch(`${own.url}/readyz`)).status === 503 ? 'SERVICE_UNAVAILABLE' : undefined),
};

async function codeOf(answer: Promise<Answer> | undefined): Promise<string | undefined> {
  return (await answer)?.errors[0]?.extensions['code'] as string | undefined;
}

test('a role that may not connect any more is one line a minute in the log, however many requests fail', async () => {
  const startedAt = performance.now();
  // As after a change of the password, of pg_hba.conf, or of a certificate.
  await admin.query('ALTER ROLE latchkey NOLOGIN');
  await admin.query(
    "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = 'latchkey'",
  );
  for (const [kind, send] of Object.entries(kinds)) {
    for (let sent = 0; sent < REFUSED_REQUESTS; sent += AT_ONCE) {
      const codes = await Promise.all(Array.from({ length: AT_ONCE }, send));
      expect([kind, codes]).toEqual([kind, Array(AT_ONCE).fill('SERVICE_UNAVAILABLE')]);
    }
  }
  const lines = own.latchkey.output.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line));
  for (const line of lines) expect(line).toMatch(/"reason":".+the database is unavailable/);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThanOrEqual(1 + Math.floor((performance.now() - startedAt) / 60_000));
});

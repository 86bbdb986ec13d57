import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createVerifier,
  streamedRevocations,
  type Verifier,
  type VerifierOptions,
} from '../../packages/verifier/src/index.ts';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';
import { REVOCATIONS_HEARD } from '../support/amounts.ts';
import { useTestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { request } from '../support/http.ts';
import { judged } from '../support/judged.ts';
import { makeToken, REVOKE_TOKEN } from '../support/personal-access-tokens.ts';
import { newSecrets } from '../support/secrets.ts';
import { administer, basic, type MadeClient, makeClient, serviceToken } from '../support/service-clients.ts';
import { nobody } from '../support/session-model/actions.ts';
import { type SignedIn, signIn, signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';

const ISSUER = 'https://auth.example.com';
const secrets = newSecrets();
// The same port after each start, as a service has it.
let port = 0;
beforeAll(async () => {
  port = await freePort();
});
const latchkey = useTestApp(() => ({
  env: {
    ...secrets,
    PORT: String(port),
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: 'graph',
    ROLES: '{"clerk":["tasks:read","tasks:write"]}',
  },
}));

let client: MadeClient;
beforeAll(async () => {
  client = await makeClient(latchkey, { scopes: ['tokens:introspect'], audiences: ['graph'] });
});

const verifiers: Verifier[] = [];
afterEach(async () => {
  for (const verifier of verifiers.splice(0)) await verifier.close();
});

/** A service beside Latchkey that hears of revocations. */
function create(options: Partial<VerifierOptions> = {}): Verifier {
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: 'graph',
    jwksUrl: `${latchkey.url}/.well-known/jwks.json`,
    exchangeUrl: `${latchkey.url}/oauth/token`,
    revocations: streamedRevocations({
      url: `${latchkey.url}/revocations`,
      clientId: client.id,
      clientSecret: client.secret,
    }),
    ...options,
  });
  verifiers.push(verifier);
  return verifier;
}

async function live(options: Partial<VerifierOptions> = {}): Promise<Verifier> {
  const verifier = create(options);
  await eventually(async () => verifier.guarantee === 'live');
  return verifier;
}

const accessTokenOf = ({ client: { accessToken } }: SignedIn) => String(accessToken);
const LOGOUT = 'mutation { logout { count } }';

describe('revocations that are streamed', () => {
  test(`${REVOCATIONS_HEARD} sessions: each is refused once it has ended, the tokens from before too`, async () => {
    const verifier = await live();
    for (let i = 0; i < REVOCATIONS_HEARD; i += 1) {
      const [session] = await signIn(latchkey, 1);
      const token = accessTokenOf(session);
      expect(await judged(verifier, token)).toBe('principal');
      await session.client.data(LOGOUT);
      await eventually(async () => (await judged(verifier, token)) === 'revoked');
    }
  });

  test('from before a verifier started are known to it once it is live', async () => {
    const [session] = await signIn(latchkey, 1);
    const token = accessTokenOf(session);
    await session.client.data(LOGOUT);
    expect(await judged(await live(), token)).toBe('revoked');
  });

  test('are heard of roles that change and of services that are disabled', async () => {
    const verifier = await live({ acceptsServices: true });
    const { client: clerk, email } = await signInWithRoles(latchkey, 'user', 'clerk');
    const other = await makeClient(latchkey, { audiences: ['graph'] });
    const tokens = [String(clerk.accessToken), await serviceToken(latchkey, other)];
    for (const token of tokens) expect(await judged(verifier, token)).toBe('principal');
    await withServicesBeside(latchkey.databaseUrl, latchkey.env, ({ userAdministration }) =>
      userAdministration.changeRoles(email, ['user']),
    );
    await administer(latchkey, (clients) => clients.disable(other.id));
    for (const token of tokens) await eventually(async () => (await judged(verifier, token)) === 'revoked');
  });

  test('have no gap where Latchkey restarts: what ended meanwhile is refused', async () => {
    const verifier = await live();
    const ended: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const sessions = [...(await signIn(latchkey, 1)), ...(await signIn(latchkey, 1))];
      for (const session of sessions)
        expect(await judged(verifier, accessTokenOf(session))).toBe('principal');
      // Between two heartbeats, and while nobody serves.
      await sessions[0]?.client.data(LOGOUT);
      const { databaseUrl, env } = latchkey;
      await latchkey.stopServing();
      expect(await judged(verifier, accessTokenOf(sessions[0] as SignedIn))).not.toBe('unavailable');
      await eventually(async () => verifier.guarantee === 'expiry-only');
      await withServicesBeside(databaseUrl, env, ({ sessions: service }) =>
        service.logout(nobody, [String(sessions[1]?.client.refreshToken)]),
      );
      await latchkey.serveAgain();
      ended.push(...sessions.map(accessTokenOf));
      await eventually(async () => verifier.guarantee === 'live');
      for (const token of ended) expect(await judged(verifier, token)).toBe('revoked');
    }
  });

  test('are for service clients only, and end with the client', async () => {
    const [owner] = await signIn(latchkey, 1);
    const open = async (headers: Record<string, string>) =>
      request(`${latchkey.url}/revocations`, { headers: { ...headers, 'last-event-id': 'x' } });
    // A malformed id is refused first, so that no stream is opened here.
    expect((await open(basic(client.id, client.secret))).json.error).toBe('invalid_request');
    const ask = async (headers: Record<string, string>) => {
      const answer = await request(`${latchkey.url}/revocations`, { headers });
      return [answer.status, answer.json.error];
    };
    expect(await ask({})).toEqual([401, 'invalid_client']);
    expect(await ask(basic(client.id, 'x'))).toEqual([401, 'invalid_client']);
    expect(await ask({ authorization: 'Bearer x' })).toEqual([401, 'invalid_token']);
    expect(await ask({ authorization: `Bearer ${accessTokenOf(owner)}` })).toEqual([
      403,
      'insufficient_scope',
    ]);

    const listening = await makeClient(latchkey, { audiences: ['graph'] });
    const revocations = streamedRevocations({
      url: `${latchkey.url}/revocations`,
      clientId: listening.id,
      clientSecret: listening.secret,
    });
    const verifier = await live({ revocations });
    await administer(latchkey, (clients) => clients.disable(listening.id));
    await eventually(async () => verifier.guarantee === 'expiry-only');
  });

  test('are told by a token of a service as well, until it expires', async () => {
    const token = await serviceToken(latchkey, client);
    const abort = new AbortController();
    const { status, body, headers } = await fetch(`${latchkey.url}/revocations`, {
      headers: { authorization: `Bearer ${token}` },
      signal: abort.signal,
    });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    const reader = body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toMatch(/^id: \d+\nevent: (heartbeat|revocation)\ndata: \{/);
    abort.abort();
  });
});

describe('a personal access token', () => {
  let clerk: Awaited<ReturnType<typeof signInWithRoles>>;
  beforeEach(async () => {
    clerk = await signInWithRoles(latchkey, 'user', 'clerk');
  });

  const bothWays: readonly (readonly [string, () => Partial<VerifierOptions>])[] = [
    ['exchange', () => ({})],
    [
      'introspection',
      () => ({
        introspection: {
          url: `${latchkey.url}/oauth/introspect`,
          clientId: client.id,
          clientSecret: client.secret,
        },
      }),
    ],
  ];

  test.each(bothWays)('acts by %s, and is refused once it is revoked', async (_how, options) => {
    const verifier = await live(options());
    const { id, token } = await makeToken(clerk.client, 'tasks:write');
    expect(await verifier.verify(`Bearer ${token}`)).toMatchObject({
      principal: {
        ...{ kind: 'user', by: 'personal_access_token', userId: clerk.id, clientId: id, sessionId: null },
        scopes: new Set(['tasks:write']),
      },
    });
    await clerk.client.data(REVOKE_TOKEN, { id });
    await eventually(async () => (await judged(verifier, token)) === 'invalid');
  });

  test.each(bothWays)(
    'by %s goes on with fewer scopes when its owner loses a role',
    async (_how, options) => {
      const verifier = await live(options());
      const { token } = await makeToken(clerk.client, 'profile:read', 'tasks:write');
      expect(await judged(verifier, token)).toBe('principal');
      await withServicesBeside(latchkey.databaseUrl, latchkey.env, ({ userAdministration }) =>
        userAdministration.changeRoles(clerk.email, ['user']),
      );
      await eventually(async () => {
        const verification = await verifier.verify(`Bearer ${token}`);
        if (verification.kind !== 'principal') throw new Error(JSON.stringify(verification));
        return !verification.principal.scopes.has('tasks:write');
      });
    },
  );

  test('is asked about once for a hundred requests; wrong, foreign and ended ones cost no statement', async () => {
    const verifier = await live();
    const { token } = await makeToken(clerk.client, 'tasks:write');
    const { token: expired, id } = await makeToken(clerk.client, 'tasks:write');
    const past = "expires_at = now() - interval '1 second', created_at = now() - interval '1 day'";
    await runSql(latchkey.databaseUrl, `UPDATE personal_access_tokens SET ${past} WHERE id = $1`, [id]);
    const reads = await statementsOn('personal_access_tokens', async () => {
      const all = await Promise.all(Array.from({ length: 100 }, () => judged(verifier, token)));
      expect(new Set(all)).toEqual(new Set(['principal']));
      expect(await judged(verifier, expired)).toBe('invalid');
    });
    expect(reads.filter((statement) => statement.includes('WHERE digest'))).toHaveLength(2);
    const again = await statementsOn('personal_access_tokens', async () => {
      for (let i = 0; i < 20; i += 1)
        for (const wrong of [expired, `${token.slice(0, -1)}_`, `lkp_${'a'.repeat(49)}`, 'ghp_foreign'])
          expect(await judged(verifier, wrong)).toBe('invalid');
    });
    expect(again.filter((statement) => statement.includes('WHERE digest'))).toEqual([]);
  });

  test('is refused where nothing is configured that knows it', async () => {
    const verifier = createVerifier({
      issuer: ISSUER,
      audience: 'graph',
      jwksUrl: `${latchkey.url}/.well-known/jwks.json`,
    });
    const { token } = await makeToken(clerk.client, 'tasks:write');
    expect(await judged(verifier, token)).toBe('invalid');
  });
});

describe('while Latchkey is away', () => {
  test('tokens of sessions verify, and nobody is told that personal ones are wrong; it recovers', async () => {
    const verifier = await live();
    const [owner] = await signIn(latchkey, 1);
    const { token: personal } = await makeToken(owner.client, 'profile:read');
    const token = accessTokenOf(owner);
    expect(await judged(verifier, token)).toBe('principal');
    await latchkey.stopServing();
    for (let i = 0; i < 20; i += 1) {
      expect(await judged(verifier, token)).toBe('principal');
      expect(await judged(verifier, personal)).toBe('unavailable');
    }
    await eventually(async () => verifier.guarantee === 'expiry-only');
    await latchkey.serveAgain();
    await eventually(async () => verifier.guarantee === 'live');
    await eventually(async () => (await judged(verifier, personal)) === 'principal');
    expect(await judged(verifier, token)).toBe('principal');
  });
});

test('a key that is dropped at once is refused by verifiers too, and clients are back by refresh', async () => {
  const verifier = await live();
  const [owner] = await signIn(latchkey, 1);
  const before = accessTokenOf(owner);
  expect(await judged(verifier, before)).toBe('principal');
  await latchkey.restart({ JWT_PRIVATE_KEY: generateSigningKeyPem() });
  await eventually(async () => (await judged(verifier, before)) === 'invalid');
  const again = Object.assign(latchkey.client(), { refreshToken: owner.client.refreshToken });
  expect((await again.refresh()).__typename).toBe('Authentication');
  expect(await judged(verifier, String(again.accessToken))).toBe('principal');
});

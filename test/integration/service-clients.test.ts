import { createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { Client } from 'pg';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';
import { useTestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../support/http.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { bearing, exchanged, makeToken, mistyped } from '../support/personal-access-tokens.ts';
import {
  administer,
  assertion,
  delegatedToken,
  exchangeOf,
  ISSUE,
  type Keys,
  type MadeClient,
  makeClient,
  newKeys,
  postForm,
  serviceToken,
} from '../support/service-clients.ts';
import { errorCodeOf, type SignedIn, signIn, signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const ISSUER = 'https://auth.example.com';
const latchkey = useTestApp({
  env: {
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: 'graph',
    ROLES: '{"clerk":["tasks:read","tasks:write"]}',
  },
});

let owner: SignedIn;
let billing: MadeClient;
beforeAll(async () => {
  [owner] = await signIn(latchkey, 1);
  billing = await makeClient(latchkey, {
    name: 'billing',
    scopes: ['users:read', 'invoices:write'],
    audiences: ['graph', 'billing'],
    actsForUsers: true,
  });
});

/** As another service does it: with the public keys and nothing else. */
async function verify(token: string, audience: string) {
  const { json } = await request(`${latchkey.url}/.well-known/jwks.json`);
  const key = createPublicKey({ key: json.keys[0], format: 'jwk' });
  const { header, payload } = jwt.verify(token, key, { issuer: ISSUER, audience, complete: true });
  return { typ: header.typ, claims: payload as jwt.JwtPayload };
}

const CREDENTIALS = { grant_type: 'client_credentials' };

describe('a client that acts for itself', () => {
  test('gets a token of five minutes for one audience, which says that it is no user', async () => {
    const form = { ...CREDENTIALS, audience: 'billing', scope: 'invoices:write' };
    const { status, headers, json } = await postForm(latchkey, 'token', form, billing);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(json).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'invoices:write',
    });
    expect(json.expires_in).toBeGreaterThan(270);
    expect(json.expires_in).toBeLessThanOrEqual(300);
    expect(await verify(json.access_token, 'billing')).toEqual({
      typ: 'service+jwt',
      claims: {
        iss: ISSUER,
        aud: 'billing',
        sub: billing.id,
        client_id: billing.id,
        scope: 'invoices:write',
        iat: expect.any(Number),
        exp: expect.any(Number),
        jti: expect.any(String),
      },
    });
  });

  test('has all its scopes unless it asks for fewer, and one audience needs no naming', async () => {
    const { json } = await postForm(latchkey, 'token', { ...CREDENTIALS, audience: 'graph' }, billing);
    expect(json.scope).toBe('users:read invoices:write');
    const other = await makeClient(latchkey, { audiences: ['reports'] });
    const token = await serviceToken(latchkey, other);
    expect((await verify(token, 'reports')).claims['scope']).toBe('');
  });

  test('reads what its scopes permit at Latchkey, as no user', async () => {
    const service = bearing(latchkey, await serviceToken(latchkey, billing, { audience: 'graph' }));
    const query = 'query ($id: ID!) { me { id } currentSession { id } user(id: $id) { email } }';
    const { data } = await service.send(query, { id: owner.userId });
    expect(data).toEqual({ me: null, currentSession: null, user: { email: expect.stringContaining('@') } });
    for (const forbidden of [
      '{ sessions { totalCount } }',
      '{ authEvents { totalCount } }',
      'mutation { updateProfile(input: { name: "x" }) { __typename } }',
      'mutation { recordActivity { id } }',
      'mutation { terminateOtherSessions { __typename } }',
      'mutation { createPersonalAccessToken(input: { name: "x", scopes: ["profile:read"] }) { __typename } }',
      `mutation { terminateSession(id: "${owner.id}") { __typename } }`,
      `mutation { updateUser(id: "${owner.userId}", input: { name: "x" }) { __typename } }`,
      `mutation { deleteUser(id: "${owner.userId}") { __typename } }`,
    ])
      expect([forbidden, await errorCodeOf(service.send(forbidden))]).toEqual([forbidden, 'FORBIDDEN']);
  });

  test.each([
    ['another audience', { audience: 'other' }, 'invalid_target'],
    ['a part of an audience', { audience: 'bill' }, 'invalid_target'],
    ['no audience of several', {}, 'invalid_target'],
    ['two audiences', { audience: 'graph', resource: 'billing' }, 'invalid_target'],
    ['another scope', { audience: 'graph', scope: 'users:read users:write' }, 'invalid_scope'],
    ['a wildcard', { audience: 'graph', scope: '*' }, 'invalid_scope'],
    ['a password grant', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no grant', { grant_type: '' }, 'invalid_request'],
  ])('that asks for %s is refused', async (_what, form, error) => {
    const { status, json } = await postForm(latchkey, 'token', { ...CREDENTIALS, ...form }, billing);
    expect([status, json.error]).toEqual([400, error]);
  });

  test('gets one by GraphQL as well', async () => {
    const issue = async (input: object) => {
      const given = { clientId: billing.id, clientSecret: billing.secret, audience: 'billing', ...input };
      return (await latchkey.client().data(ISSUE, { input: given })).issueServiceToken;
    };
    const issued = await issue({ scopes: ['invoices:write'] });
    expect(issued).toMatchObject({ __typename: 'AccessTokenIssued', scopes: ['invoices:write'] });
    const { typ, claims } = await verify(issued.accessToken, 'billing');
    expect([typ, claims.sub]).toEqual(['service+jwt', billing.id]);
    expect(Date.parse(issued.accessTokenExpiresAt)).toBe(Number(claims.exp) * 1_000);
    for (const wrong of [{ clientSecret: 'wrong' }, { clientId: owner.userId }, { clientId: 'billing' }])
      expect(await issue(wrong)).toMatchObject({ __typename: 'InvalidCredentialsError' });
    expect((await issue({ scopes: ['invoices:write', 'users:write'] })).fields).toEqual([
      { path: ['scopes', '1'], code: 'SCOPE_NOT_GRANTABLE' },
    ]);
    expect((await issue({ scopes: [] })).fields).toEqual([{ path: ['scopes'], code: 'REQUIRED' }]);
    expect((await issue({ audience: 'other' })).fields).toEqual([
      { path: ['audience'], code: 'OUT_OF_RANGE' },
    ]);
    expect((await issue({ audience: null })).fields).toEqual([{ path: ['audience'], code: 'REQUIRED' }]);
  });
});

describe('a client that does not authenticate', () => {
  test.each([
    ['without credentials', null, {}],
    ['by a wrong secret', { secret: `lks_${'a'.repeat(49)}` }, {}],
    ['by an empty secret', { secret: '' }, {}],
    ['by its name', { id: 'billing' }, {}],
    ['by the id of nobody', { id: '00000000-0000-4000-8000-000000000000' }, {}],
    ['by a scheme of its own', null, { authorization: 'Secret x' }],
    ['by Basic of nothing', null, { authorization: 'Basic ' }],
    ['by Basic that is no text', null, { authorization: 'Basic JUZGOiVGRg==' }],
    ['by a bearer token', null, { authorization: 'Bearer x' }],
  ])('%s gets the same answer, and no token', async (_how, changed, headers) => {
    const client = changed && { ...billing, ...changed };
    const {
      status,
      json,
      headers: answered,
    } = await postForm(latchkey, 'token', CREDENTIALS, client, headers);
    expect([status, json.error]).toEqual([401, 'invalid_client']);
    expect(answered.get('www-authenticate')).toBe('Basic realm="latchkey"');
  });

  test.each([
    ['a secret in the body', { client_id: 'x', client_secret: 'y' }],
    ['another client_id than that of the header', { client_id: 'x' }],
    ['two ways at once', { client_assertion: 'a.b.c' }],
  ])('is told of %s', async (_what, form) => {
    const { status, json } = await postForm(latchkey, 'token', { ...CREDENTIALS, ...form }, billing);
    expect([status, json.error]).toEqual([400, 'invalid_request']);
  });

  test('is counted in the audit log, without what it sent', async () => {
    await postForm(latchkey, 'token', CREDENTIALS, { ...billing, secret: 'canary-secret' });
    const sql = "SELECT data FROM events WHERE type = 'service_client.refused' AND data->>'clientId' = $1";
    await eventually(async () => {
      const rows = await runSql(latchkey.databaseUrl, sql, [billing.id]);
      expect(JSON.stringify(rows)).not.toContain('canary');
      return rows.length > 0;
    });
  });
});

describe('requests that are no form', () => {
  test.each([
    ['JSON', { 'content-type': 'application/json' }, '{"grant_type":"client_credentials"}', 415],
    ['text', { 'content-type': 'text/plain' }, 'grant_type=client_credentials', 415],
    ['a body that is too large', {}, `grant_type=${'a'.repeat(40_000)}`, 413],
    ['a repeated parameter', {}, 'grant_type=client_credentials&grant_type=client_credentials', 400],
    ['nothing', {}, '', 400],
  ])('%s is refused in the words of OAuth', async (_what, headers, body, status) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
    const answer = await request(`${latchkey.url}/oauth/token`, { method: 'POST', headers: form, body });
    expect([answer.status, answer.json]).toEqual([
      status,
      { error: 'invalid_request', error_description: expect.any(String) },
    ]);
  });

  test('an endpoint that there is not, and another method, are answered so too', async () => {
    for (const [path, method] of [
      ['/oauth/token', 'GET'],
      ['/oauth/authorize', 'GET'],
      ['/oauth/other', 'POST'],
    ] as const) {
      const answer = await request(`${latchkey.url}${path}`, { method });
      expect([answer.status, answer.json.error]).toEqual([404, 'invalid_request']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('a form is no GraphQL request', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'query=%7B__typename%7D';
    expect((await request(`${latchkey.url}/graphql`, { method: 'POST', headers, body })).status).toBe(415);
  });
});

describe('a client with a key', () => {
  const keys = newKeys();
  let client: MadeClient;
  beforeAll(async () => {
    client = await makeClient(latchkey, {
      scopes: ['users:read'],
      audiences: ['graph'],
      publicKey: keys.publicKey,
    });
  });

  const send = (form: Record<string, string>) => postForm(latchkey, 'token', { ...CREDENTIALS, ...form });
  const signed = (claims = {}, header = {}, by: Keys = keys) =>
    assertion(by, client.id, ISSUER, claims, header);

  test('authenticates by what it has signed, once', async () => {
    const form = signed();
    expect((await send(form)).status).toBe(200);
    const replay = await send(form);
    expect([replay.status, replay.json.error]).toEqual([401, 'invalid_client']);
    expect((await send(signed({}, { typ: 'client-authentication+jwt' }))).status).toBe(200);
  });

  test('uses an assertion up in one of fifty requests at once', async () => {
    const form = signed();
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(form)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
  });

  const now = Math.floor(Date.now() / 1_000);
  test.each([
    ['for another audience', { aud: 'https://other.example.com' }, {}],
    ['for two audiences', { aud: [ISSUER, 'https://other.example.com'] }, {}],
    ['for the token endpoint', { aud: `${ISSUER}/oauth/token` }, {}],
    ['that lives for an hour', { exp: now + 3_600 }, {}],
    ['without an end', { exp: undefined }, {}],
    ['that has expired', { exp: now - 1 }, {}],
    ['that begins later', { nbf: now + 300 }, {}],
    ['from the future', { iat: now + 300 }, {}],
    ['without an id', { jti: undefined }, {}],
    ['with an empty id', { jti: '' }, {}],
    ['of another issuer', { iss: 'someone' }, {}],
    ['that is an access token by its type', {}, { typ: 'at+jwt' }],
    ['that brings its key', {}, { jwk: { kty: 'EC' } }],
  ])('is refused by an assertion %s', async (_what, claims, header) => {
    const { status, json } = await send(signed(claims, header));
    expect([status, json.error]).toEqual([401, 'invalid_client']);
  });

  test('is refused by the key of another, by none, and by a signature of the public key', async () => {
    const others = [signed({}, {}, newKeys())];
    const [head, payload] = String(signed()['client_assertion']).split('.');
    for (const forged of [`${head}.${payload}.`, `${head}.${payload}`, 'a.b.c', ''])
      others.push({ ...signed(), client_assertion: forged });
    const hmac = jwt.sign({ sub: client.id }, keys.publicKey.replaceAll('-', '='), { algorithm: 'HS256' });
    others.push({ ...signed(), client_assertion: hmac });
    for (const form of others) expect((await send(form)).status).toBe(401);
    expect((await send({ ...signed(), client_assertion_type: 'other' })).json.error).toBe('invalid_request');
  });

  test('is refused if the request names another client', async () => {
    const form = { ...signed(), client_id: billing.id };
    expect((await send(form)).status).toBe(401);
    expect((await send({ ...signed(), client_id: client.id })).status).toBe(200);
  });

  test('is not another client, though it has signed for it', async () => {
    const other = await makeClient(latchkey, { audiences: ['graph'] });
    expect((await send(signed({ iss: other.id, sub: other.id }))).status).toBe(401);
  });
});

describe('a client that acts for a user', () => {
  test('does what the user may do, and dies with the session', async () => {
    const [session] = await signIn(latchkey, 1);
    const accessToken = String(session.client.accessToken);
    const token = await delegatedToken(latchkey, billing, accessToken, { audience: 'graph' });
    const { typ, claims } = await verify(token, 'graph');
    expect([typ, claims]).toEqual([
      'at+jwt',
      {
        iss: ISSUER,
        aud: 'graph',
        sub: session.userId,
        sid: session.id,
        client_id: billing.id,
        act: { sub: billing.id },
        scope: expect.stringContaining('profile:read'),
        iat: expect.any(Number),
        exp: expect.any(Number),
        jti: expect.any(String),
      },
    ]);
    const { exp } = jwt.decode(accessToken) as jwt.JwtPayload;
    expect(claims.exp).toBeLessThanOrEqual(Number(exp));
    const service = bearing(latchkey, token);
    const { me, currentSession } = await service.data('{ me { id email } currentSession { id } }');
    expect([me.id, currentSession]).toEqual([session.userId, null]);
    await session.client.data('mutation { logout { count } }');
    expect(await errorCodeOf(service.send(ME))).toBe('UNAUTHENTICATED');
  });

  test('is no session: it changes no password, makes no token and ends no session of others', async () => {
    const token = await delegatedToken(latchkey, billing, String(owner.client.accessToken), {
      audience: 'graph',
    });
    const service = bearing(latchkey, token);
    for (const forbidden of [
      'mutation { createPersonalAccessToken(input: { name: "x", scopes: ["profile:read"] }) { __typename } }',
      'mutation { terminateOtherSessions { __typename } }',
      'mutation { reauthenticate(input: { password: "x" }) { __typename } }',
      'mutation { changePassword(input: { currentPassword: "x", newPassword: "y" }) { __typename } }',
    ])
      expect([forbidden, await errorCodeOf(service.send(forbidden))]).toEqual([forbidden, 'FORBIDDEN']);
  });

  test('may ask for fewer scopes than the user has, and for none that the user lacks', async () => {
    const accessToken = String(owner.client.accessToken);
    const wanted = { audience: 'graph', scope: 'profile:read' };
    const token = await delegatedToken(latchkey, billing, accessToken, wanted);
    expect((await verify(token, 'graph')).claims['scope']).toBe('profile:read');
    for (const scope of ['users:read', 'invoices:write', 'profile:read users:read']) {
      const form = { ...exchangeOf(accessToken), audience: 'graph', scope };
      expect((await postForm(latchkey, 'token', form, billing)).json.error).toBe('invalid_scope');
    }
  });

  test('loses what the user loses', async () => {
    const { client, id } = await signInWithRoles(latchkey, 'user', 'clerk');
    const token = await delegatedToken(latchkey, billing, String(client.accessToken), { audience: 'graph' });
    expect((await bearing(latchkey, token).data(ME)).me.id).toBe(id);
    const [user] = await runSql(latchkey.databaseUrl, 'SELECT email FROM users WHERE id = $1', [id]);
    await withServicesBeside(latchkey.databaseUrl, latchkey.env, async ({ userAdministration }) => {
      await userAdministration.changeRoles(String(user?.['email']), ['user']);
    });
    await eventually(async () => (await bearing(latchkey, token).send(ME)).errors.length > 0);
  });

  test('does so by a token of a session only, for its own audiences, and only if it was allowed to', async () => {
    const accessToken = String(owner.client.accessToken);
    const { token: personal } = await makeToken(owner.client, 'profile:read');
    const delegated = await delegatedToken(latchkey, billing, accessToken, { audience: 'graph' });
    const service = await serviceToken(latchkey, billing, { audience: 'graph' });
    const send = async (subject: string, form = {}, client: MadeClient = billing) => {
      const given = { ...exchangeOf(subject), audience: 'graph', ...form };
      return (await postForm(latchkey, 'token', given, client)).json.error;
    };
    for (const subject of [
      delegated,
      service,
      await exchanged(latchkey, personal),
      String(owner.client.refreshToken),
      owner.userId,
      `${accessToken.slice(0, -4)}AAAA`,
    ])
      expect(await send(subject)).toBe('invalid_request');
    expect(await send(accessToken, { audience: 'other' })).toBe('invalid_target');
    const unasked = await makeClient(latchkey, { audiences: ['graph'] });
    expect(await send(accessToken, {}, unasked)).toBe('unauthorized_client');
    const nobody = await postForm(latchkey, 'token', { ...exchangeOf(accessToken), audience: 'graph' });
    expect([nobody.status, nobody.json.error]).toEqual([401, 'invalid_client']);
    for (const form of [
      { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      { actor_token: service },
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
    ])
      expect(await send(accessToken, form)).toBe('invalid_request');
  });

  test('leaves a refresh whose reply was lost its grace: the client is not the user', async () => {
    const [session] = await signIn(latchkey, 1);
    const before = String(session.client.refreshToken);
    const lost = Object.assign(latchkey.client(), { refreshToken: before });
    await lost.refresh();
    await delegatedToken(latchkey, billing, String(lost.accessToken), { audience: 'graph' });
    const sql = 'SELECT confirmed_generation AS generation FROM sessions WHERE id = $1';
    expect((await runSql(latchkey.databaseUrl, sql, [session.id]))[0]?.['generation']).not.toBe(1);
    const again = Object.assign(latchkey.client(), { refreshToken: before });
    expect((await again.refresh()).__typename).toBe('Authentication');
  });
});

describe('a personal access token', () => {
  test('is exchanged at the token endpoint too, by anyone who holds it', async () => {
    const { id, token } = await makeToken(owner.client, 'profile:read', 'sessions:read');
    for (const client of [null, billing]) {
      const { status, json } = await postForm(
        latchkey,
        'token',
        { ...exchangeOf(token), scope: 'profile:read' },
        client,
      );
      expect(status).toBe(200);
      expect(json).toEqual({
        access_token: expect.any(String),
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: expect.any(Number),
        scope: 'profile:read',
      });
      const { claims } = await verify(json.access_token, 'graph');
      expect([claims.sub, claims['act'], claims['client_id']]).toEqual([owner.userId, { sub: id }, id]);
    }
    for (const [form, error] of [
      [{ scope: 'users:read' }, 'invalid_scope'],
      [{ audience: 'billing' }, 'invalid_target'],
      [{ subject_token: mistyped(token) }, 'invalid_request'],
    ] as const) {
      const { json } = await postForm(latchkey, 'token', { ...exchangeOf(token), ...form });
      expect(json.error).toBe(error);
    }
    const wrong = await postForm(latchkey, 'token', exchangeOf(token), { ...billing, secret: 'wrong' });
    expect(wrong.status).toBe(401);
  });
});

describe('the audit log', () => {
  test('has every token with its client, subject and request', async () => {
    const { json: own } = await postForm(
      latchkey,
      'token',
      { ...CREDENTIALS, audience: 'billing' },
      billing,
      {
        'x-request-id': 'issue-1',
      },
    );
    const form = {
      ...exchangeOf(String(owner.client.accessToken)),
      audience: 'graph',
      scope: 'profile:read',
    };
    const { json: delegated } = await postForm(latchkey, 'token', form, billing, {
      'x-request-id': 'issue-2',
    });
    const sql = `SELECT subject_id AS subject, session_id AS session, actor_id AS actor, data FROM events
      WHERE type = 'service_token.issued' AND request_id = $1`;
    expect(await runSql(latchkey.databaseUrl, sql, ['issue-1'])).toEqual([
      {
        ...{ subject: null, session: null, actor: null },
        data: {
          clientId: billing.id,
          tokenId: (jwt.decode(own.access_token) as jwt.JwtPayload).jti,
          audience: 'billing',
          scopes: ['users:read', 'invoices:write'],
        },
      },
    ]);
    expect(await runSql(latchkey.databaseUrl, sql, ['issue-2'])).toEqual([
      {
        ...{ subject: owner.userId, session: owner.id, actor: null },
        data: {
          clientId: billing.id,
          tokenId: (jwt.decode(delegated.access_token) as jwt.JwtPayload).jti,
          audience: 'graph',
          scopes: ['profile:read'],
          userId: owner.userId,
          sessionId: owner.id,
        },
      },
    ]);
  });

  test('tells the user which client acts for them, and not from where', async () => {
    const [session] = await signIn(latchkey, 1);
    await delegatedToken(latchkey, billing, String(session.client.accessToken), { audience: 'graph' });
    const query = `{ authEvents(filter: { types: ["service_token.issued"] }) { nodes {
      clientId ipAddress userAgent requestId } } }`;
    const { authEvents } = await session.client.data(query);
    expect(authEvents.nodes).toEqual([
      { clientId: billing.id, ipAddress: null, userAgent: null, requestId: null },
    ]);
  });
});

test('the audit log tells what a client did for a user from what the user did', async () => {
  const [session] = await signIn(latchkey, 1);
  const token = await delegatedToken(latchkey, billing, String(session.client.accessToken), {
    audience: 'graph',
  });
  const rename = 'mutation { updateProfile(input: { name: "Ada" }) { __typename } }';
  await bearing(latchkey, token).data(rename);
  await session.client.data(rename.replace('Ada', 'Bea'));
  const { authEvents } = await session.client.data(
    '{ authEvents(filter: { types: ["user.profile_updated"] }) { nodes { actorId clientId sessionId } } }',
  );
  expect(authEvents.nodes).toEqual([
    { actorId: session.userId, clientId: null, sessionId: session.id },
    { actorId: session.userId, clientId: billing.id, sessionId: null },
  ]);
});

describe('what operators do', () => {
  let client: MadeClient;
  let token: string;
  const isIn = async (secret: string) =>
    (await postForm(latchkey, 'token', CREDENTIALS, { ...client, secret })).status === 200;
  const isGood = async (bearer: string) =>
    (await bearing(latchkey, bearer).send('{ users { totalCount } }')).errors.length === 0;

  beforeAll(async () => {
    client = await makeClient(latchkey, { scopes: ['users:read'], audiences: ['graph'] });
    token = await serviceToken(latchkey, client);
  });
  async function lockOf(table: 'service_clients' | 'users', id: string): Promise<Client> {
    const holder = new Client({ connectionString: latchkey.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
    return holder;
  }
  const rotate = (dropsOthers = false) =>
    administer(latchkey, async (clients) => {
      const rotated = await clients.rotate(client.name, { publicKey: null, dropsOthers });
      return rotated.kind === 'rotated' ? String(rotated.secret) : rotated.kind;
    });

  test('two secrets are valid at a time; the one before the last is not, and tokens live on', async () => {
    const second = await rotate();
    await eventually(() => isIn(second));
    expect([await isIn(client.secret), await isGood(token)]).toEqual([true, true]);
    const third = await rotate();
    await eventually(() => isIn(third));
    await eventually(async () => !(await isIn(client.secret)));
    expect([await isIn(second), await isGood(token)]).toEqual([true, true]);
    const only = await rotate(true);
    await eventually(() => isIn(only));
    await eventually(async () => !(await isIn(third)) && !(await isGood(token)));
    expect(await isIn(second)).toBe(false);
    const after = await serviceToken(latchkey, { ...client, secret: only });
    expect(await isGood(after)).toBe(true);
    client = { ...client, secret: only };
    token = after;
  });

  test('the one before the last is not valid either where a key follows a secret', async () => {
    const [first, second] = [newKeys(), newKeys()];
    const changing = await makeClient(latchkey, { audiences: ['graph'] });
    const byKey = async (keys: Keys) =>
      (await postForm(latchkey, 'token', { ...CREDENTIALS, ...assertion(keys, changing.id, ISSUER) })).status;
    const bySecret = async () => (await postForm(latchkey, 'token', CREDENTIALS, changing)).status;
    const add = ({ publicKey }: Keys) =>
      administer(latchkey, (clients) => clients.rotate(changing.id, { publicKey, dropsOthers: false }));
    await add(first);
    await eventually(async () => (await byKey(first)) === 200);
    expect(await bySecret()).toBe(200);
    await add(second);
    await eventually(async () => (await byKey(second)) === 200);
    await eventually(async () => (await bySecret()) === 401);
    expect(await byKey(first)).toBe(200);
  });

  test('a token for which the database had to be waited for is not accepted if its client has changed', async () => {
    const changing = await makeClient(latchkey, {
      scopes: ['users:read'],
      audiences: ['graph'],
      actsForUsers: true,
    });
    await serviceToken(latchkey, changing);
    const accessToken = String(owner.client.accessToken);
    const holder = await lockOf('service_clients', changing.id);
    const waiting = [
      postForm(latchkey, 'token', CREDENTIALS, changing),
      postForm(latchkey, 'token', exchangeOf(accessToken), changing),
    ];
    await untilLockWaits(latchkey.databaseUrl, 2);
    const sql =
      "UPDATE service_clients SET tokens_not_before = clock_timestamp() + interval '3 seconds' WHERE id = $1";
    await holder.query(sql, [changing.id]);
    await holder.query('COMMIT');
    await holder.end();
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(401);
  });

  test('a token for which the database had to be waited for is refused if its user has lost a role meanwhile', async () => {
    const acting = await makeClient(latchkey, { audiences: ['graph'], actsForUsers: true });
    await serviceToken(latchkey, acting);
    const { client: clerk, email } = await signInWithRoles(latchkey, 'user', 'clerk');
    const holder = await lockOf('service_clients', acting.id);
    const waiting = delegatedToken(latchkey, acting, String(clerk.accessToken));
    await untilLockWaits(latchkey.databaseUrl);
    await withServicesBeside(latchkey.databaseUrl, latchkey.env, ({ userAdministration }) =>
      userAdministration.changeRoles(email, ['user']),
    );
    // Heard by the server.
    await eventually(async () => (await clerk.send(ME)).errors.length > 0);
    await holder.query('COMMIT');
    await holder.end();
    expect(await errorCodeOf(bearing(latchkey, await waiting).send(ME))).toBe('UNAUTHENTICATED');
  });

  test('what a client does for a user has no effect if it is disabled while it waits for a lock', async () => {
    const acting = await makeClient(latchkey, { audiences: ['graph'], actsForUsers: true });
    const [session] = await signIn(latchkey, 1);
    const token = await delegatedToken(latchkey, acting, String(session.client.accessToken));
    const holder = await lockOf('users', session.userId);
    const rename = 'mutation { updateProfile(input: { name: "Eve" }) { __typename } }';
    const waiting = bearing(latchkey, token).send(rename);
    await untilLockWaits(latchkey.databaseUrl);
    await runSql(latchkey.databaseUrl, 'UPDATE service_clients SET disabled_at = now() WHERE id = $1', [
      acting.id,
    ]);
    await holder.query('COMMIT');
    await holder.end();
    expect(await errorCodeOf(waiting)).toBe('UNAUTHENTICATED');
    const { me } = await session.client.data('{ me { name } }');
    expect(me.name).toBeNull();
  });

  test('a disabled client gets no token, and those that it has are refused, also those with which it acts for users', async () => {
    const acting = await makeClient(latchkey, { audiences: ['graph'], actsForUsers: true });
    const own = await serviceToken(latchkey, acting);
    const delegated = await delegatedToken(latchkey, acting, String(owner.client.accessToken));
    expect((await bearing(latchkey, delegated).data(ME)).me.id).toBe(owner.userId);
    await administer(latchkey, (clients) => clients.disable(acting.id));
    await eventually(async () => (await postForm(latchkey, 'token', CREDENTIALS, acting)).status === 401);
    for (const each of [own, delegated])
      await eventually(async () => {
        const { errors } = await bearing(latchkey, each).send(ME);
        return errors[0]?.extensions['code'] === 'UNAUTHENTICATED';
      });
    expect((await owner.client.data(ME)).me.id).toBe(owner.userId);
    await administer(latchkey, (clients) => clients.enable(acting.name));
    await eventually(async () => (await postForm(latchkey, 'token', CREDENTIALS, acting)).status === 200);
    expect(await errorCodeOf(bearing(latchkey, delegated).send(ME))).toBe('UNAUTHENTICATED');
    const again = await delegatedToken(latchkey, acting, String(owner.client.accessToken));
    expect((await bearing(latchkey, again).data(ME)).me.id).toBe(owner.userId);
  });

  test('a client that is disabled twice within a second leaves no token from between', async () => {
    const changing = await makeClient(latchkey, { scopes: ['users:read'], audiences: ['graph'] });
    await administer(latchkey, async (clients) => {
      await clients.disable(changing.id);
      await clients.enable(changing.id);
    });
    let between = '';
    await eventually(async () => {
      between = await serviceToken(latchkey, changing).catch(() => '');
      return between !== '' && (await isGood(between));
    });
    const sql = 'SELECT tokens_not_before AS at FROM service_clients WHERE id = $1';
    const notBefore = async () => (await runSql(latchkey.databaseUrl, sql, [changing.id]))[0]?.['at'] as Date;
    const first = await notBefore();
    // As if no time had passed since.
    await administer(latchkey, async (clients) => {
      await runSql(
        latchkey.databaseUrl,
        "UPDATE service_clients SET tokens_not_before = now() + interval '1 hour' WHERE id = $1",
        [changing.id],
      );
      await clients.disable(changing.id);
    });
    expect((await notBefore()).getTime() - first.getTime()).toBeGreaterThan(3_590_000);
    await eventually(async () => !(await isGood(between)));
  });

  test.each<[string, Partial<Parameters<typeof makeClient>[1]>]>([
    ['a scope that is the owner’s of an account', { scopes: ['profile:read'] }],
    ['a scope that changes users', { scopes: ['users:write'] }],
    ['a scope with a space', { scopes: ['a b'] }],
    ['no audience', { audiences: [] }],
    ['an empty audience', { audiences: [''] }],
    ['a name like an id', { name: '00000000-0000-4000-8000-000000000000' }],
    ['a name with a space', { name: 'a b' }],
    ['a key that is none', { publicKey: 'key' }],
    ['a private key', { publicKey: generateSigningKeyPem() }],
    ['the name of another', { name: 'billing' }],
  ])('a client is not created with %s', async (_what, input) => {
    await expect(makeClient(latchkey, input)).rejects.toThrow(/invalid_input|name_taken/);
  });
});

test('the metadata names the endpoints and what they take', async () => {
  const { json } = await request(`${latchkey.url}/.well-known/oauth-authorization-server`);
  expect(json).toMatchObject({
    issuer: ISSUER,
    token_endpoint: 'http://localhost:4001/oauth/token',
    introspection_endpoint: 'http://localhost:4001/oauth/introspect',
    revocation_endpoint: 'http://localhost:4001/oauth/revoke',
    jwks_uri: 'http://localhost:4001/.well-known/jwks.json',
  });
});

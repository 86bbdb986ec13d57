import { beforeAll, describe, expect, test } from '@jest/globals';
import { INTROSPECTIONS } from '../support/amounts.ts';
import { useTestApp } from '../support/app.ts';
import { ME, REFRESH } from '../support/client.ts';
import { get } from '../support/http.ts';
import { bearing, exchanged, makeToken } from '../support/personal-access-tokens.ts';
import {
  assertion,
  delegatedToken,
  type MadeClient,
  makeClient,
  newKeys,
  postForm,
  serviceToken,
} from '../support/service-clients.ts';
import { errorCodeOf, type SignedIn, signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsDuring } from '../support/statements.ts';
import { rewind } from '../support/time-travel.ts';

const INTROSPECT = `query ($token: String!) { introspectToken(token: $token) {
  active kind user { id } sessionId scopes roles clientId expiresAt issuedAt } }`;
const INACTIVE = {
  active: false,
  ...{ kind: null, user: null, sessionId: null, scopes: null, roles: null, clientId: null },
  ...{ expiresAt: null, issuedAt: null },
};

const latchkey = useTestApp({
  env: { JWT_ISSUER: 'https://auth.example.com', JWT_AUDIENCE: 'graph' },
});

let owner: SignedIn;
/** A back-end that verifies tokens of the graph. */
let reader: MadeClient;
/** A back-end with an audience of its own. */
let billing: MadeClient;
/** A client that calls both. */
let caller: MadeClient;

beforeAll(async () => {
  [owner] = await signIn(latchkey, 1);
  reader = await makeClient(latchkey, { scopes: ['tokens:introspect'], audiences: ['graph'] });
  billing = await makeClient(latchkey, { scopes: ['tokens:introspect'], audiences: ['billing'] });
  caller = await makeClient(latchkey, {
    scopes: ['invoices:read'],
    audiences: ['graph', 'billing'],
    actsForUsers: true,
  });
});

const introspect = async (token: string, by: MadeClient = reader) =>
  (await postForm(latchkey, 'introspect', { token }, by)).json;
const accessToken = () => String(owner.client.accessToken);
const times = { iat: expect.any(Number), exp: expect.any(Number) };

describe('an active token', () => {
  const common = { active: true, token_type: 'Bearer', iss: 'https://auth.example.com', ...times };

  test('of a session is described', async () => {
    const answer = await postForm(latchkey, 'introspect', { token: accessToken() }, reader);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.json).toEqual({
      ...common,
      aud: 'graph',
      sub: owner.userId,
      sid: owner.id,
      client_id: 'latchkey',
      scope: expect.stringContaining('profile:read'),
      roles: ['user'],
    });
  });

  test('that is a personal access token is described, and so is the one for which it was exchanged', async () => {
    const { id, token } = await makeToken(owner.client, 'profile:read', 'sessions:read');
    const described = { ...common, aud: 'graph', sub: owner.userId, client_id: id, act: { sub: id } };
    expect(await introspect(token)).toEqual({ ...described, scope: 'profile:read sessions:read' });
    expect(await introspect(token, billing)).toEqual({ active: false });
    expect(await introspect(await exchanged(latchkey, token, ['profile:read']))).toEqual({
      ...described,
      scope: 'profile:read',
    });
  });

  test('of a service is described to the service for which it is', async () => {
    const token = await serviceToken(latchkey, caller, { audience: 'billing' });
    expect(await introspect(token, billing)).toEqual({
      ...common,
      aud: 'billing',
      sub: caller.id,
      client_id: caller.id,
      scope: 'invoices:read',
    });
    expect(await introspect(token, reader)).toEqual({ active: false });
  });

  test('with which a service acts for a user is described to the service for which it is', async () => {
    const form = { audience: 'billing', scope: 'profile:read' };
    const token = await delegatedToken(latchkey, caller, accessToken(), form);
    expect(await introspect(token, billing)).toEqual({
      ...common,
      aud: 'billing',
      sub: owner.userId,
      sid: owner.id,
      client_id: caller.id,
      act: { sub: caller.id },
      scope: 'profile:read',
    });
    expect(await introspect(token, reader)).toEqual({ active: false });
    // Not ours.
    expect(await errorCodeOf(bearing(latchkey, token).send(ME))).toBe('UNAUTHENTICATED');
  });

  test('is described by GraphQL too, to services and administrators', async () => {
    const service = bearing(latchkey, await serviceToken(latchkey, reader));
    const administrator = await signInAdministrator(latchkey);
    for (const asking of [service, administrator]) {
      const { introspectToken } = await asking.data(INTROSPECT, { token: accessToken() });
      expect(introspectToken).toEqual({
        active: true,
        kind: 'ACCESS_TOKEN',
        user: { id: owner.userId },
        sessionId: owner.id,
        scopes: expect.arrayContaining(['profile:read']),
        roles: ['user'],
        clientId: 'latchkey',
        expiresAt: expect.any(String),
        issuedAt: expect.any(String),
      });
      expect((await asking.data(INTROSPECT, { token: 'x' })).introspectToken).toEqual(INACTIVE);
    }
    const { token } = await makeToken(owner.client, 'profile:read');
    const kindOf = async (each: string) =>
      (await administrator.data(INTROSPECT, { token: each })).introspectToken.kind;
    expect(await kindOf(token)).toBe('PERSONAL_ACCESS_TOKEN');
    expect(await kindOf(await serviceToken(latchkey, reader))).toBe('SERVICE_TOKEN');
    // Not for an administrator to accept.
    expect(await kindOf(await serviceToken(latchkey, billing))).toBeNull();
  });
});

test('whatever is not active is exactly so', async () => {
  const [session] = await signIn(latchkey, 1);
  const ended = String(session.client.accessToken);
  const { token: revoked, id } = await makeToken(session.client, 'profile:read');
  await session.client.data(`mutation { revokePersonalAccessToken(id: "${id}") { __typename } }`);
  await session.client.data('mutation { logout { count } }');
  for (const token of [
    ...[ended, revoked, String(session.client.refreshToken), String(owner.client.refreshToken)],
    ...[owner.userId, owner.id, 'x', 'a.b.c', `${accessToken().slice(0, -4)}AAAA`, 'x'.repeat(9_000)],
    `lkp_${'a'.repeat(49)}`,
    reader.secret,
  ]) {
    const { status, text } = await postForm(latchkey, 'introspect', { token }, reader);
    expect([token, status, text]).toEqual([token, 200, '{"active":false}']);
  }
});

describe('whoever asks', () => {
  test('authenticates as a service client with the scope', async () => {
    const ask = (client: MadeClient | null, headers = {}) =>
      postForm(latchkey, 'introspect', { token: accessToken() }, client, headers);
    expect((await ask(null)).status).toBe(401);
    expect((await ask({ ...reader, secret: caller.secret })).status).toBe(401);
    expect((await ask(caller)).json.error).toBe('insufficient_scope');
    const bearer = async (token: string) => {
      const { status, json, headers } = await ask(null, { authorization: `Bearer ${token}` });
      return [status, json.active ?? json.error, headers.get('www-authenticate')];
    };
    expect(await bearer(await serviceToken(latchkey, reader))).toEqual([200, true, null]);
    expect(await bearer(String((await signInAdministrator(latchkey)).accessToken))).toEqual([
      200,
      true,
      null,
    ]);
    const insufficient = [403, 'insufficient_scope', null];
    expect(await bearer(await serviceToken(latchkey, caller, { audience: 'graph' }))).toEqual(insufficient);
    expect(await bearer(accessToken())).toEqual(insufficient);
    const invalid = [401, 'invalid_token', 'Bearer error="invalid_token"'];
    expect(await bearer(await serviceToken(latchkey, billing))).toEqual(invalid);
    expect(await bearer('x')).toEqual(invalid);
  });

  test('needs the scope by GraphQL as well, and sends no token in a URL', async () => {
    const send = (by: string) => bearing(latchkey, by).send(INTROSPECT, { token: accessToken() });
    expect(await errorCodeOf(send(accessToken()))).toBe('FORBIDDEN');
    expect(await errorCodeOf(latchkey.client().send(INTROSPECT, { token: accessToken() }))).toBe(
      'UNAUTHENTICATED',
    );
    const administrator = await signInAdministrator(latchkey);
    const variables = JSON.stringify({ token: accessToken() });
    const headers = { authorization: `Bearer ${administrator.accessToken}` };
    const { json } = await get(latchkey.url, { query: INTROSPECT, variables }, headers);
    expect(json.errors).toEqual([
      { message: 'A query that takes a token must be sent by POST.', extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    const inFragment = `query { ...Asks } fragment Asks on Query { x: introspectToken(token: "${accessToken()}") { active } }`;
    expect((await get(latchkey.url, { query: inFragment }, headers)).json.data?.x).toBeUndefined();
  });

  test('may have a key: it signs an assertion for each question, or gets a token before', async () => {
    const keys = newKeys();
    const client = await makeClient(latchkey, {
      scopes: ['tokens:introspect'],
      audiences: ['graph'],
      publicKey: keys.publicKey,
    });
    const signed = () => assertion(keys, client.id, 'https://auth.example.com');
    const form = signed();
    const ask = (fields: object, headers = {}) =>
      postForm(latchkey, 'introspect', { token: accessToken(), ...fields }, null, headers);
    expect((await ask(form)).json.active).toBe(true);
    expect((await ask(form)).status).toBe(401);
    const { json } = await postForm(latchkey, 'token', { grant_type: 'client_credentials', ...signed() });
    const bearer = { authorization: `Bearer ${json.access_token}` };
    expect((await ask({}, bearer)).json.active).toBe(true);
    expect((await ask({ client_assertion: 'x' }, bearer)).json.error).toBe('invalid_request');
  });
});

describe('revocation by a service client', () => {
  const revoke = (token: string, by: MadeClient | null = caller) =>
    postForm(latchkey, 'revoke', { token }, by);

  test('ends the session of a refresh token or of an access token', async () => {
    for (const name of ['refreshToken', 'accessToken'] as const) {
      const [{ client, id, userId }] = await signIn(latchkey, 1);
      const answer = await revoke(String(client[name]));
      expect([answer.status, answer.text]).toEqual([200, '{}']);
      expect(await client.refresh()).toMatchObject({ __typename: 'SessionEndedError', endReason: 'LOGOUT' });
      const sql = `SELECT type, data->>'clientId' AS client, actor_id AS actor FROM events
        WHERE session_id = $1 AND type IN ('session.terminated', 'user.logout') ORDER BY type`;
      expect(await runSql(latchkey.databaseUrl, sql, [id])).toEqual([
        { type: 'session.terminated', client: caller.id, actor: userId },
        { type: 'user.logout', client: caller.id, actor: userId },
      ]);
    }
  });

  test('revokes a personal access token', async () => {
    const { token } = await makeToken(owner.client, 'profile:read');
    expect((await bearing(latchkey, token).data(ME)).me.id).toBe(owner.userId);
    expect((await revoke(token)).status).toBe(200);
    expect(await errorCodeOf(bearing(latchkey, token).send(ME))).toBe('UNAUTHENTICATED');
  });

  test('says nothing of what is no valid token', async () => {
    for (const token of ['x', 'a.b.c', `lkp_${'a'.repeat(49)}`, 'lkr_x', owner.id]) {
      const { status, text } = await revoke(token);
      expect([token, status, text]).toEqual([token, 200, '{}']);
    }
  });

  test('does not take a token that stands for something else', async () => {
    const { token } = await makeToken(owner.client, 'profile:read');
    for (const each of [
      await exchanged(latchkey, token),
      await serviceToken(latchkey, caller, { audience: 'graph' }),
      await delegatedToken(latchkey, caller, accessToken(), { audience: 'graph' }),
      await serviceToken(latchkey, caller, { audience: 'billing' }),
      await delegatedToken(latchkey, caller, accessToken(), { audience: 'billing' }),
    ]) {
      const { status, json } = await revoke(each);
      expect([status, json.error]).toEqual([400, 'unsupported_token_type']);
    }
    expect((await owner.client.data(ME)).me.id).toBe(owner.userId);
  });

  test('takes a client that authenticates', async () => {
    for (const by of [null, { ...caller, secret: 'x' }]) {
      const { status, json } = await revoke(accessToken(), by);
      expect([status, json.error]).toEqual([401, 'invalid_client']);
    }
    expect((await owner.client.data(ME)).me.id).toBe(owner.userId);
  });
});

describe('introspection leaves no trace', () => {
  /** Of requests: background work compares revocations with the database, and notes that the session made the token. */
  const statementsOf = async (work: () => Promise<unknown>) =>
    (await statementsDuring(work)).filter(
      (statement) =>
        /(FROM|INTO|UPDATE) (personal_access_tokens|service_clients|client_assertions|users)\b/.test(
          statement,
        ) && !statement.includes('FROM unnest('),
    );

  test(`${INTROSPECTIONS} calls for one token: no write, and one statement at most`, async () => {
    const { id, token } = await makeToken(owner.client, 'profile:read');
    const asking = await makeClient(latchkey, {
      scopes: ['tokens:introspect'],
      audiences: ['graph'],
    });
    await introspect(accessToken(), asking);
    const statements = await statementsOf(async () => {
      for (let round = 0; round < INTROSPECTIONS / 50; round += 1)
        await Promise.all(
          Array.from({ length: 50 }, async () => expect((await introspect(token, asking)).active).toBe(true)),
        );
    });
    expect(statements).toHaveLength(1);
    expect(statements[0]).toMatch(/^SELECT .* FROM personal_access_tokens/s);
    // Uses are written when the server stops at the latest.
    await latchkey.restart();
    const lastUse = 'SELECT last_used_at AS at FROM personal_access_tokens WHERE id = $1';
    expect(await runSql(latchkey.databaseUrl, lastUse, [id])).toEqual([{ at: null }]);
  });

  test('a session whose reply was lost still refreshes after it was introspected', async () => {
    const [session] = await signIn(latchkey, 1);
    const refreshToken = String(session.client.refreshToken);
    const { refreshSession: lost } = await latchkey.client().data(REFRESH, { input: { refreshToken } });
    for (let i = 0; i < 20; i += 1) expect((await introspect(lost.accessToken)).sid).toBe(session.id);
    await rewind(latchkey.databaseUrl, session.id, 11);
    const { refreshSession: again } = await latchkey.client().data(REFRESH, { input: { refreshToken } });
    expect(again.refreshToken).toBe(lost.refreshToken);
  });
});

import { createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import type { PublicJwk } from '../../src/core/signing-key.ts';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { bearing, EXCHANGE, exchanged, makeToken } from '../support/personal-access-tokens.ts';
import { errorCodeOf, type SignedIn, signIn, signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';

const ROLES = '{"clerk":["tasks:read","tasks:write"]}';
const latchkey = useTestApp({
  env: { ROLES, JWT_ISSUER: 'https://auth.example.com', JWT_AUDIENCE: 'graph' },
});

let owner: SignedIn;
beforeAll(async () => {
  [owner] = await signIn(latchkey, 1);
});

async function exchange(token: string, scopes?: readonly unknown[] | null) {
  const input = { token, ...(scopes !== undefined && { scopes }) };
  return (await latchkey.client().data(EXCHANGE, { input })).exchangePersonalAccessToken;
}

/** As another subgraph does it: with the public keys and nothing else. */
async function verify(accessToken: string) {
  const keySet = await (await fetch(`${latchkey.url}/.well-known/jwks.json`)).json();
  const [jwk] = (keySet as { keys: [PublicJwk] }).keys;
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const expected = { issuer: 'https://auth.example.com', audience: 'graph', complete: true } as const;
  const { header, payload } = jwt.verify(accessToken, key, expected);
  expect(header).toEqual({ typ: 'at+jwt', alg: 'ES256', kid: jwk.kid });
  return payload as jwt.JwtPayload;
}

describe('an exchanged token', () => {
  test('verifies with the public keys, and names the user, the token and its scopes, and no role', async () => {
    const { client, id: userId } = await signInWithRoles(latchkey, 'user', 'clerk');
    const { id, token } = await makeToken(client, 'profile:read', 'tasks:write');
    const issued = await exchange(token);
    expect(issued).toMatchObject({
      __typename: 'AccessTokenIssued',
      scopes: ['profile:read', 'tasks:write'],
    });
    const claims = await verify(issued.accessToken);
    expect(claims).toStrictEqual({
      iss: 'https://auth.example.com',
      aud: 'graph',
      sub: userId,
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      scope: 'profile:read tasks:write',
      client_id: id,
      act: { sub: id },
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(300);
    expect(Date.parse(issued.accessTokenExpiresAt)).toBe(Number(claims.exp) * 1_000);
  });

  test('ends with its personal access token', async () => {
    const { id, token } = await makeToken(owner.client, 'profile:read');
    await runSql(
      latchkey.databaseUrl,
      "UPDATE personal_access_tokens SET expires_at = now() + interval '100 seconds' WHERE id = $1",
      [id],
    );
    const { exp, iat } = await verify(await exchanged(latchkey, token));
    expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(100);
  });

  test('does at Latchkey what its scopes permit, as a script and never as a session', async () => {
    const { token } = await makeToken(owner.client, 'profile:read', 'sessions:read');
    const accessToken = await exchanged(latchkey, token, ['profile:read']);
    const script = bearing(latchkey, accessToken);
    const { me, currentSession } = await script.data('{ me { id email } currentSession { id } }');
    expect([me.id, currentSession]).toEqual([owner.userId, null]);
    for (const forbidden of [
      '{ me { sessions { totalCount } } }',
      'mutation { updateProfile(input: { name: "x" }) { __typename } }',
      'mutation { terminateOtherSessions { __typename } }',
      'mutation { createPersonalAccessToken(input: { name: "x", scopes: ["profile:read"] }) { __typename } }',
      'mutation { recordActivity { id } }',
    ])
      expect(await errorCodeOf(script.send(forbidden))).toBe('FORBIDDEN');
    const { data } = await script.send(
      'mutation { refreshSession { __typename ... on AuthError { code } } }',
    );
    expect(data.refreshSession.code).toBe('MISSING_TOKEN');
  });

  test('has no scope that its owner has lost', async () => {
    const { client, id } = await signInWithRoles(latchkey, 'user', 'clerk');
    const { token } = await makeToken(client, 'profile:read', 'tasks:write');
    await runSql(latchkey.databaseUrl, "UPDATE users SET roles = '{user}' WHERE id = $1", [id]);
    expect((await exchange(token)).scopes).toEqual(['profile:read']);
    expect(await exchange(token, ['tasks:write'])).toMatchObject({
      fields: [{ path: ['scopes', '0'], code: 'SCOPE_NOT_GRANTABLE' }],
    });
  });

  test('counts as a use of its personal access token, and so do requests with it', async () => {
    const lastUse = `SELECT last_used_at AS at FROM personal_access_tokens WHERE id = $1`;
    const { id, token } = await makeToken(owner.client, 'profile:read');
    const accessToken = await exchanged(latchkey, token);
    /** Uses are written twice a minute, and when the server stops. */
    const usedAt = async () => {
      await latchkey.restart();
      return (await runSql(latchkey.databaseUrl, lastUse, [id]))[0]?.['at'];
    };
    expect(await usedAt()).toBeInstanceOf(Date);
    await runSql(
      latchkey.databaseUrl,
      'UPDATE personal_access_tokens SET last_used_at = NULL WHERE id = $1',
      [id],
    );
    expect(await usedAt()).toBeNull();
    expect((await bearing(latchkey, accessToken).data(ME)).me.id).toBe(owner.userId);
    expect(await usedAt()).toBeInstanceOf(Date);
  });

  test('is limited together with its personal access token', async () => {
    await latchkey.restart({ RATE_LIMITS: '{"requests.token":"5/1h"}' });
    const client = Object.assign(latchkey.client(), { accessToken: owner.client.accessToken });
    const { token } = await makeToken(client, 'profile:read');
    const script = bearing(latchkey, await exchanged(latchkey, token));
    const codes: unknown[] = [];
    await eventually(async () => {
      codes.push((await script.send(ME)).errors[0]?.extensions['code']);
      return codes.at(-1) === 'RATE_LIMITED';
    });
    expect(codes.length).toBeLessThanOrEqual(5);
    expect(await exchange(token)).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    });
    await latchkey.restart();
  });
});

describe('scopes to exchange for', () => {
  let token: string;
  let client: GraphQLClient;
  beforeAll(async () => {
    client = Object.assign(latchkey.client(), { accessToken: owner.client.accessToken });
    ({ token } = await makeToken(client, 'profile:read', 'sessions:read'));
  });

  test('may be fewer than the token has; null means all', async () => {
    expect((await exchange(token, ['sessions:read', 'sessions:read'])).scopes).toEqual(['sessions:read']);
    for (const all of [undefined, null])
      expect((await exchange(token, all)).scopes).toEqual(['profile:read', 'sessions:read']);
  });

  test.each([
    [[], [{ path: ['scopes'], code: 'REQUIRED' }]],
    [['sessions:write'], [{ path: ['scopes', '0'], code: 'SCOPE_NOT_GRANTABLE' }]],
    [
      ['profile:read', '*', ''],
      [
        { path: ['scopes', '1'], code: 'UNKNOWN_SCOPE' },
        { path: ['scopes', '2'], code: 'UNKNOWN_SCOPE' },
      ],
    ],
    [['users:write'], [{ path: ['scopes', '0'], code: 'SCOPE_NOT_GRANTABLE' }]],
    [Array.from({ length: 101 }, () => 'profile:read'), [{ path: ['scopes'], code: 'TOO_LONG' }]],
  ])('never become more than it has: %j', async (scopes, fields) => {
    expect(await exchange(token, scopes)).toEqual({
      __typename: 'AuthInvalidInputError',
      code: 'INVALID_INPUT',
      fields,
    });
  });
});

describe('what is no valid personal access token is not exchanged', () => {
  const REFUSED = { __typename: 'InvalidTokenError', code: 'INVALID_TOKEN' };

  test('an access token, a refresh token, an exchanged one, and texts of strangers', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const { token } = await makeToken(client, 'profile:read');
    const another = `lkp_${createHmac('sha256', randomBytes(8)).digest('hex').slice(0, 49)}`;
    for (const text of [
      String(client.accessToken),
      String(client.refreshToken),
      await exchanged(latchkey, token),
      `${token} `,
      token.slice(0, -1),
      `ghp_${'a'.repeat(36)}`,
      another,
      '',
    ])
      expect(await exchange(text)).toEqual(REFUSED);
  });

  test.each([
    ['revoked', "revoked_at = now(), revoke_reason = 'REVOKED'"],
    ['rotated', "revoked_at = now(), revoke_reason = 'ROTATED'"],
    ['expired', "expires_at = now() - interval '1 second', created_at = now() - interval '1 day'"],
  ])('one that is %s; asked again, the database is not', async (_what, change) => {
    const [{ client }] = await signIn(latchkey, 1);
    const { id, token } = await makeToken(client, 'profile:read');
    await runSql(latchkey.databaseUrl, `UPDATE personal_access_tokens SET ${change} WHERE id = $1`, [id]);
    expect(await exchange(token)).toEqual(REFUSED);
    const statements = await statementsOn('personal_access_tokens', async () => {
      for (let i = 0; i < 20; i += 1) expect(await exchange(token)).toEqual(REFUSED);
    });
    expect(statements).toEqual([]);
  });

  test('a malformed or foreign one costs no statement at all', async () => {
    const statements = await statementsOn('personal_access_tokens', async () => {
      for (const text of ['lkp_', `lkp_${'a'.repeat(49)}`, `ghp_${'a'.repeat(36)}`, 'x'.repeat(5_000)])
        expect(await exchange(text)).toEqual(REFUSED);
    });
    expect(statements).toEqual([]);
  });
});

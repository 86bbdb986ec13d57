import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type GraphQLClient, ME, PASSWORD } from '../support/client.ts';
import {
  bearing,
  CREATE_TOKEN,
  makeToken,
  REVOKE_TOKEN,
  ROTATE_TOKEN,
  tokenInput,
} from '../support/personal-access-tokens.ts';
import { errorCodeOf, signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';
import { rewind } from '../support/time-travel.ts';

const MAX_TOKENS = 6;
const DAY_MS = 86_400_000;

const latchkey = useTestApp({ env: { MAX_PERSONAL_ACCESS_TOKENS: String(MAX_TOKENS) } });

async function create(owner: GraphQLClient, input: Parameters<typeof tokenInput>[0] = {}) {
  return (await owner.data(CREATE_TOKEN, { input: tokenInput(input) })).createPersonalAccessToken;
}

async function worksAs(token: string): Promise<string | null> {
  return (await bearing(latchkey, token).send(ME)).data.me?.id ?? null;
}

describe('a change of the password', () => {
  const CHANGE = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }';
  const changed = { currentPassword: PASSWORD, newPassword: 'another horse, another staple' };

  test('leaves tokens alone', async () => {
    const [{ client, userId }] = await signIn(latchkey, 1);
    const { token } = await makeToken(client, 'profile:read');
    await client.data(CHANGE, { input: changed });
    expect(await worksAs(token)).toBe(userId);
  });

  test("revokes all of them where its caller asks for it, and nobody else's", async () => {
    const [{ client, userId }] = await signIn(latchkey, 1);
    const [{ client: other, userId: otherId }] = await signIn(latchkey, 1);
    const tokens = [await makeToken(client, 'profile:read'), await makeToken(client, 'sessions:read')];
    const { token: foreign } = await makeToken(other, 'profile:read');
    for (const { token } of tokens) expect(await worksAs(token)).toBe(userId);
    await client.data(CHANGE, { input: { ...changed, revokePersonalAccessTokens: true } });
    for (const { token } of tokens) expect(await worksAs(token)).toBeNull();
    expect(await worksAs(foreign)).toBe(otherId);
    const events = await runSql(
      latchkey.databaseUrl,
      `SELECT data->>'reason' AS reason FROM events WHERE type = 'personal_access_token.revoked' AND subject_id = $1`,
      [userId],
    );
    expect(events).toEqual([{ reason: 'PASSWORD_CHANGED' }, { reason: 'PASSWORD_CHANGED' }]);
  });

  test('that is refused revokes none', async () => {
    const [{ client, userId }] = await signIn(latchkey, 1);
    const { token } = await makeToken(client, 'profile:read');
    const input = { ...changed, currentPassword: 'not the right password', revokePersonalAccessTokens: true };
    await client.data(CHANGE, { input });
    expect(await worksAs(token)).toBe(userId);
  });
});

describe('a new token', () => {
  test('is told once, with what is kept of it, and works', async () => {
    const [{ client, userId }] = await signIn(latchkey, 1);
    const { token, personalAccessToken: kept } = await create(client, { name: ' CI ', expiresInDays: 7 });
    expect(kept).toEqual({
      id: expect.any(String),
      status: 'ACTIVE',
      name: 'CI',
      scopes: ['profile:read'],
      hint: `lkp_…${token.slice(-4)}`,
      createdAt: expect.any(String),
      expiresAt: new Date(Date.parse(kept.createdAt) + 7 * DAY_MS).toISOString(),
      lastUsedAt: null,
      lastUsedIpAddress: null,
      revokedAt: null,
    });
    expect(await worksAs(token)).toBe(userId);
  });

  test('is in no table and no event, nor is anything to make it from', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const made = await makeToken(client, 'profile:read');
    const { rotatePersonalAccessToken } = await client.data(ROTATE_TOKEN, { id: made.id });
    await worksAs(made.token);
    for (const table of ['personal_access_tokens', 'events', 'event_outbox', 'users', 'sessions']) {
      const rows = await runSql(latchkey.databaseUrl, `SELECT t::text AS row FROM ${table} t`);
      const dump = rows.map(({ row }) => row).join('\n');
      for (const token of [made.token, rotatePersonalAccessToken.token]) {
        for (const part of [token, token.slice(4), token.slice(4, -6), Buffer.from(token).toString('hex')])
          expect(dump).not.toContain(part);
      }
    }
  });

  test.each([0, -1, 366, 2 ** 31 - 1])('lives 1 to 365 days, not %d', async (expiresInDays) => {
    const [{ client }] = await signIn(latchkey, 1);
    expect((await create(client, { expiresInDays })).fields).toEqual([
      { path: ['expiresInDays'], code: 'OUT_OF_RANGE' },
    ]);
    expect((await create(client, { expiresInDays: 365 })).__typename).toBe('PersonalAccessTokenCreated');
  });

  test('lives 30 days unless told otherwise, and never for ever', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const { expiresInDays: _, ...input } = tokenInput();
    const { personalAccessToken } = (await client.data(CREATE_TOKEN, { input })).createPersonalAccessToken;
    const { createdAt, expiresAt } = personalAccessToken;
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(30 * DAY_MS);
    for (const expiresInDays of [null, 1.5, '30', 1e300]) {
      const answer = client.send(CREATE_TOKEN, { input: { ...input, expiresInDays } });
      expect(await errorCodeOf(answer)).toBe('BAD_USER_INPUT');
    }
  });

  test.each(['', '   ', 'x'.repeat(101), 'a\u0000b'])('has a name, not %j', async (name) => {
    const [{ client }] = await signIn(latchkey, 1);
    expect((await create(client, { name })).fields).toMatchObject([{ path: ['name'] }]);
  });

  test('takes a sign-in of the last ten minutes, as rotating does; revoking does not', async () => {
    const [{ client, id }] = await signIn(latchkey, 1);
    const made = await makeToken(client, 'profile:read');
    await rewind(latchkey.databaseUrl, id, 601);
    const refused = { __typename: 'ReauthenticationRequiredError', code: 'REAUTHENTICATION_REQUIRED' };
    expect(await create(client)).toEqual(refused);
    expect(await client.data(ROTATE_TOKEN, { id: made.id })).toEqual({ rotatePersonalAccessToken: refused });
    expect(await worksAs(made.token)).not.toBeNull();
    const { revokePersonalAccessToken } = await client.data(REVOKE_TOKEN, { id: made.id });
    expect(revokePersonalAccessToken.personalAccessToken.status).toBe('REVOKED');
    expect(await worksAs(made.token)).toBeNull();
  });

  test('is never one too many, however many are asked for at once', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const outcomes = await Promise.all(Array.from({ length: MAX_TOKENS * 3 }, () => create(client)));
    const made = outcomes.filter(({ __typename }) => __typename === 'PersonalAccessTokenCreated');
    expect(made).toHaveLength(MAX_TOKENS);
    const refused = { __typename: 'AuthLimitReachedError', code: 'LIMIT_REACHED', limit: MAX_TOKENS };
    for (const outcome of outcomes.filter((each) => !made.includes(each))) expect(outcome).toEqual(refused);
    // Rotating takes no place; what is revoked, or over, gives its place up.
    const [first, second] = made.map(({ personalAccessToken: { id } }) => id);
    expect((await client.data(ROTATE_TOKEN, { id: first })).rotatePersonalAccessToken.token).toBeDefined();
    expect(await create(client)).toEqual(refused);
    await runSql(latchkey.databaseUrl, 'UPDATE personal_access_tokens SET expires_at = now() WHERE id = $1', [
      second,
    ]);
    expect((await create(client)).__typename).toBe('PersonalAccessTokenCreated');
    expect(await create(client)).toEqual(refused);
  });
});

describe('rotating', () => {
  test('puts a token of the same name, scopes and lifetime in the place of the old one, which dies at once', async () => {
    const [{ client, userId }] = await signIn(latchkey, 1);
    const old = await create(client, {
      name: 'nightly',
      scopes: ['profile:read', 'tokens:read'],
      expiresInDays: 9,
    });
    expect(await worksAs(old.token)).toBe(userId);
    const { rotatePersonalAccessToken: next } = await client.data(ROTATE_TOKEN, {
      id: old.personalAccessToken.id,
    });
    expect(await worksAs(old.token)).toBeNull();
    expect(await worksAs(next.token)).toBe(userId);
    expect(next.personalAccessToken).toMatchObject({
      name: 'nightly',
      scopes: ['profile:read', 'tokens:read'],
    });
    expect(next.personalAccessToken.id).not.toBe(old.personalAccessToken.id);
    const { createdAt, expiresAt } = next.personalAccessToken;
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(9 * DAY_MS);
  });

  test('of twenty at once is done once', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const { id } = await makeToken(client, 'profile:read');
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.data(ROTATE_TOKEN, { id })));
    const kinds = answers.map(({ rotatePersonalAccessToken }) => rotatePersonalAccessToken.__typename);
    expect(kinds.sort()).toEqual([
      ...Array.from({ length: 19 }, () => 'AuthNotFoundError'),
      'PersonalAccessTokenCreated',
    ]);
  });
});

describe('ending a token', () => {
  test('is for its owner and for administrators; a foreign one is not told from none', async () => {
    const [{ client: owner }] = await signIn(latchkey, 1);
    const [{ client: stranger }] = await signIn(latchkey, 1);
    const made = await makeToken(owner, 'profile:read');
    for (const document of [REVOKE_TOKEN, ROTATE_TOKEN]) {
      const answers = await Promise.all(
        [made.id, randomUUID()].map(async (id) => {
          const { status, data, errors } = await stranger.send(document, { id });
          return { status, data, errors };
        }),
      );
      expect(answers[0]).toEqual(answers[1]);
      expect(Object.values(answers[0]?.data)).toEqual([
        { __typename: 'AuthNotFoundError', code: 'NOT_FOUND' },
      ]);
      expect(await errorCodeOf(latchkey.client().send(document, { id: made.id }))).toBe('UNAUTHENTICATED');
      expect(await errorCodeOf(stranger.send(document, { id: "' OR true --" }))).toBe('BAD_USER_INPUT');
    }
    expect(await worksAs(made.token)).not.toBeNull();
    const administrator = await signInAdministrator(latchkey);
    // An administrator ends anyone's, and makes nobody a new one.
    const rotated = await administrator.data(ROTATE_TOKEN, { id: made.id });
    expect(rotated.rotatePersonalAccessToken.__typename).toBe('AuthNotFoundError');
    const { revokePersonalAccessToken } = await administrator.data(REVOKE_TOKEN, { id: made.id });
    expect(revokePersonalAccessToken.personalAccessToken).toMatchObject({ id: made.id, status: 'REVOKED' });
    expect(await worksAs(made.token)).toBeNull();
  });

  test('twice is ending it once', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const { id } = await makeToken(client, 'profile:read');
    expect(await client.data(REVOKE_TOKEN, { id })).toEqual(await client.data(REVOKE_TOKEN, { id }));
  });

  test('that leaked is for whoever holds it, who learns nothing by the answer', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const made = await makeToken(client, 'profile:read');
    const gone = await makeToken(client, 'profile:read');
    await client.data(REVOKE_TOKEN, { id: gone.id });
    const neverMade = `lkp_${'0'.repeat(49)}`;
    const leaked = `mutation ($token: String!) { revokeLeakedToken(input: { token: $token }) { __typename
      ... on AuthRequestAccepted { accepted } } }`;
    for (const token of [neverMade, '', 'x'.repeat(5_000), made.id, gone.token, made.token, made.token]) {
      for (const finder of [latchkey.client(), bearing(latchkey, token || 'x')]) {
        const { status, data, errors } = await finder.send(leaked, { token });
        expect({ status, data, errors }).toEqual({
          status: 200,
          data: { revokeLeakedToken: { __typename: 'AuthRequestAccepted', accepted: true } },
          errors: [],
        });
      }
    }
    expect(await worksAs(made.token)).toBeNull();
    const [row] = await runSql(
      latchkey.databaseUrl,
      'SELECT revoke_reason FROM personal_access_tokens WHERE id = $1',
      [made.id],
    );
    expect(row).toEqual({ revoke_reason: 'LEAKED' });
  });
});

describe('the list of tokens', () => {
  const LIST = `query ($status: PersonalAccessTokenStatus, $first: Int! = 20, $after: String) { me {
    personalAccessTokens(status: $status, first: $first, after: $after) {
      nodes { id status } pageInfo { hasNextPage endCursor } totalCount } } }`;

  test('has those of a status, newest first, the good ones unless another is asked for', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const made = [];
    for (let i = 0; i < 4; i += 1) made.push(await makeToken(client, 'profile:read'));
    const [active, expired, revoked, rotated] = made.map(({ id }) => id);
    await runSql(latchkey.databaseUrl, 'UPDATE personal_access_tokens SET expires_at = now() WHERE id = $1', [
      expired,
    ]);
    await client.data(REVOKE_TOKEN, { id: revoked });
    const next = (await client.data(ROTATE_TOKEN, { id: rotated })).rotatePersonalAccessToken
      .personalAccessToken.id;
    const list = async (variables: object) => (await client.data(LIST, variables)).me.personalAccessTokens;
    const good = [next, active].map((id) => ({ id, status: 'ACTIVE' }));
    const ended = [rotated, revoked].map((id) => ({ id, status: 'REVOKED' }));
    expect(await list({ status: 'ACTIVE' })).toMatchObject({ nodes: good, totalCount: 2 });
    expect(await list({ status: 'EXPIRED' })).toMatchObject({
      nodes: [{ id: expired, status: 'EXPIRED' }],
      totalCount: 1,
    });
    expect(await list({ status: 'REVOKED' })).toMatchObject({ nodes: ended, totalCount: 2 });
    expect((await list({ status: null })).totalCount).toBe(5);
    const byDefault = await client.data('{ me { personalAccessTokens { nodes { id status } } } }');
    expect(byDefault.me.personalAccessTokens.nodes).toEqual(good);
  });

  test('is read page by page, without gaps or repeats where times are equal', async () => {
    const [{ client, userId }] = await signIn(latchkey, 1);
    await runSql(
      latchkey.databaseUrl,
      `INSERT INTO personal_access_tokens (id, user_id, name, scopes, digest, hint, created_at, expires_at)
       SELECT gen_random_uuid(), $1::text::uuid, n, '{profile:read}', decode(md5($1::text || n), 'hex'), '',
         timestamptz '2026-01-01' + make_interval(secs => n / 10), now() + interval '1 day'
       FROM generate_series(1, 53) AS n`,
      [userId],
    );
    const expected = await runSql(
      latchkey.databaseUrl,
      'SELECT id FROM personal_access_tokens WHERE user_id = $1 ORDER BY created_at DESC, id DESC',
      [userId],
    );
    const listed: unknown[] = [];
    for (let after: string | null = null; ; ) {
      const { nodes, pageInfo }: TokenPage = (await client.data(LIST, { first: 7, after })).me
        .personalAccessTokens;
      listed.push(...nodes.map(({ id }) => ({ id })));
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
    }
    expect(listed).toEqual(expected);
  });

  test('is counted only where the count is selected', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const counts = async (fields: string) => {
      const query = `{ me { personalAccessTokens { ${fields} } } }`;
      const statements = await statementsOn('personal_access_tokens', () => client.data(query));
      return statements.filter((statement) => statement.includes('count(')).length;
    };
    expect([await counts('nodes { id }'), await counts('totalCount')]).toEqual([0, 1]);
  });
});

describe('under limits that have been lowered', () => {
  test('rotating carries over only what the owner may still do and the limits still allow', async () => {
    const administrator = await signInAdministrator(latchkey);
    const made = await create(administrator, { scopes: ['profile:read', 'users:read'], expiresInDays: 300 });
    const only = await create(administrator, { scopes: ['users:read'] });
    const { me } = await administrator.data(ME);
    await runSql(latchkey.databaseUrl, `UPDATE users SET roles = '{user}' WHERE id = $1`, [me.id]);
    await latchkey.restart({ PERSONAL_ACCESS_TOKEN_MAX_DAYS: '10' });
    const client = bearing(latchkey, administrator.accessToken ?? '');
    const { rotatePersonalAccessToken: next } = await client.data(ROTATE_TOKEN, {
      id: made.personalAccessToken.id,
    });
    expect(next.personalAccessToken.scopes).toEqual(['profile:read']);
    const { createdAt, expiresAt } = next.personalAccessToken;
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(10 * DAY_MS);
    const { id } = only.personalAccessToken;
    expect(await errorCodeOf(client.send(ROTATE_TOKEN, { id }))).toBe('FORBIDDEN');
  });
});

interface TokenPage {
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

import { fieldScopes } from '../../src/app/features/index.ts';
import type { ScopeName } from '../../src/core/scopes.ts';
import { everyUsersScopes } from '../../src/core/scopes.ts';
import type { TestApp } from './app.ts';
import { type GraphQLClient, newAccount, PASSWORD } from './client.ts';
import { runSql } from './sql.ts';

/** Somebody's private text that stands nowhere else: whoever is shown it was shown what it was planted in. */
export interface Canary {
  readonly what: string;
  readonly text: string;
  /** The field that it takes to be shown it. */
  readonly field: 'User.email' | 'User.sessions' | 'User.personalAccessTokens';
}

/** A user whose every private field holds a canary. */
export interface Victim {
  readonly id: string;
  readonly username: string;
  readonly ipAddress: string;
  /** Signed in, to act as the victim. */
  readonly client: GraphQLClient;
  /** The session that holds canaries: what it does, streams tell. */
  readonly watched: GraphQLClient;
  readonly canaries: readonly Canary[];
  readonly sessionIds: readonly string[];
  readonly tokenIds: readonly string[];
}

/** A role for the victim alone, with a scope for the victim alone. */
export const CANARY_ROLES = { 'canary-role': ['canary:scope'] };

export async function plantVictim(app: TestApp): Promise<Victim> {
  const account = { ...newAccount(), email: 'canary-address@example.com' };
  const { user } = await app.client().signup(account);
  await runSql(app.databaseUrl, `UPDATE users SET roles = '{user,canary-role}' WHERE id = $1`, [user.id]);
  const [own, watched, ended] = await Promise.all(
    [1, 2, 3].map(async () => {
      const client = app.client();
      const { session } = await client.login({ identifier: account.email, password: PASSWORD });
      return { client, id: session.id };
    }),
  );
  if (!own || !watched || !ended) throw new Error('unreachable');
  const kept = await createToken(own.client, 'canary-token-kept', ['profile:read']);
  const revoked = await createToken(own.client, 'canary-token-revoked', ['profile:read']);

  const hoursFromNow = (hours: number) => new Date(Date.now() + hours * 3_600_007).toISOString();
  const [updated, opened, expires, endedAt, used, revokedAt] = [-1, -2, -3, -4, -5, -6].map(hoursFromNow) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  // Newest, so that it is the first of its list.
  const made = hoursFromNow(1);
  const ipAddress = '203.0.113.77';
  const set = (sql: string, ...values: unknown[]) => runSql(app.databaseUrl, sql, values);
  await set(
    `UPDATE sessions SET ip_address = $2, user_agent = 'canary-agent/1.0', created_at = $3 WHERE id = $1`,
    watched.id,
    ipAddress,
    opened,
  );
  await set(
    `UPDATE sessions SET ended_at = $2, end_reason = 'LOGOUT', expires_at = $3, ip_address = '203.0.113.78' WHERE id = $1`,
    ended.id,
    endedAt,
    expires,
  );
  await set(
    `UPDATE personal_access_tokens SET created_at = $2, last_used_at = $3, last_used_ip_address = '203.0.113.79' WHERE id = $1`,
    kept.id,
    made,
    used,
  );
  await set(
    `UPDATE personal_access_tokens SET revoked_at = $2, revoke_reason = 'REVOKED' WHERE id = $1`,
    revoked.id,
    revokedAt,
  );
  // Later than any activity, so that it is the one that shows.
  const lastActive = '2099-01-02T03:04:05.678Z';
  await set(
    'UPDATE users SET updated_at = $2, last_active_at = $3 WHERE id = $1',
    user.id,
    updated,
    lastActive,
  );

  const canaries = (field: Canary['field'], texts: Readonly<Record<string, string>>): Canary[] =>
    Object.entries(texts).map(([what, text]) => ({ what, text, field }));
  return {
    id: user.id,
    username: account.username,
    ipAddress,
    client: own.client,
    watched: watched.client,
    sessionIds: [own.id, watched.id, ended.id],
    tokenIds: [kept.id, revoked.id],
    canaries: [
      ...canaries('User.email', {
        email: account.email,
        roles: 'canary-role',
        grantableScopes: 'canary:scope',
        updatedAt: updated,
        lastActiveAt: lastActive,
      }),
      ...canaries('User.sessions', {
        'session id': own.id,
        'watched session id': watched.id,
        'ended session id': ended.id,
        'session ipAddress': ipAddress,
        'ended session ipAddress': '203.0.113.78',
        'session userAgent': 'canary-agent/1.0',
        'session createdAt': opened,
        'session expiresAt': expires,
        'session endedAt': endedAt,
      }),
      ...canaries('User.personalAccessTokens', {
        'token id': kept.id,
        'revoked token id': revoked.id,
        'token name': 'canary-token-kept',
        'revoked token name': 'canary-token-revoked',
        'token hint': kept.hint,
        'token createdAt': made,
        'token lastUsedAt': used,
        'token lastUsedIpAddress': '203.0.113.79',
        'token revokedAt': revokedAt,
      }),
    ],
  };
}

/** May someone who holds these scopes be shown that field of that user? As the catalogue says, not as services decide. */
export function mayBeShown(
  field: Canary['field'],
  ownerId: string,
  reader: { readonly userId: string | null; readonly scopes: ReadonlySet<ScopeName> },
): boolean {
  // The audit log tells auditors of sessions and tokens.
  if (field !== 'User.email' && reader.scopes.has('audit:read')) return true;
  const gives = (scope: ScopeName) =>
    reader.scopes.has(scope) && (reader.userId === ownerId || !everyUsersScopes.includes(scope));
  const requirement = fieldScopes[field];
  if (requirement === undefined || requirement === 'authenticated')
    throw new Error(`${field} takes no scope`);
  return requirement.some((scopes) => scopes.every(gives));
}

/** A new personal access token of the client's user. */
export async function createToken(
  client: GraphQLClient,
  name: string,
  scopes: readonly ScopeName[],
): Promise<{ id: string; hint: string; token: string }> {
  const { created } = await client.data(
    `mutation ($name: String!, $scopes: [String!]!) { created: createPersonalAccessToken(input: { name: $name, scopes: $scopes }) {
      ... on PersonalAccessTokenCreated { token personalAccessToken { id hint } } ... on AuthError { message } } }`,
    { name, scopes },
  );
  return { ...created.personalAccessToken, token: created.token };
}

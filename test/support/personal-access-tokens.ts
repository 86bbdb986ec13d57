import type { TestApp } from './app.ts';
import type { GraphQLClient } from './client.ts';

/** A personal access token, as its owner saw it once. */
export interface MadeToken {
  readonly id: string;
  readonly token: string;
}

interface TokenInput {
  readonly name: string;
  readonly scopes: readonly unknown[];
  readonly expiresInDays: number;
}

export const CREATE_TOKEN = `mutation ($input: CreatePersonalAccessTokenInput!) {
  createPersonalAccessToken(input: $input) { __typename
    ... on PersonalAccessTokenCreated { token personalAccessToken {
      id status name scopes hint createdAt expiresAt lastUsedAt lastUsedIpAddress revokedAt } }
    ... on AuthError { code } ... on AuthLimitReachedError { limit }
    ... on AuthInvalidInputError { fields { path code } } } }`;

export const ROTATE_TOKEN = `mutation ($id: ID!) { rotatePersonalAccessToken(id: $id) { __typename
  ... on PersonalAccessTokenCreated { token personalAccessToken { id name scopes createdAt expiresAt } }
  ... on AuthError { code } } }`;

export const REVOKE_TOKEN = `mutation ($id: ID!) { revokePersonalAccessToken(id: $id) { __typename
  ... on PersonalAccessTokenRevoked { personalAccessToken { id status revokedAt } } ... on AuthError { code } } }`;

/** Has a signed-in client make a token with these scopes. */
export async function makeToken(owner: GraphQLClient, ...scopes: string[]): Promise<MadeToken> {
  const { createPersonalAccessToken: created } = await owner.data(CREATE_TOKEN, {
    input: tokenInput({ scopes }),
  });
  if (created.__typename !== 'PersonalAccessTokenCreated') throw new Error(JSON.stringify(created));
  return { id: created.personalAccessToken.id, token: created.token };
}

export function tokenInput(input: Partial<TokenInput> = {}): TokenInput {
  return { name: 'deploy', scopes: ['profile:read'], expiresInDays: 30, ...input };
}

/** A script that holds a token, or whatever else is sent as Bearer. */
export function bearing(latchkey: Pick<TestApp, 'client'>, credential: string): GraphQLClient {
  const client = latchkey.client();
  client.accessToken = credential;
  return client;
}

export const EXCHANGE = `mutation ($input: ExchangePersonalAccessTokenInput!) { exchangePersonalAccessToken(input: $input) { __typename
  ... on AccessTokenIssued { accessToken accessTokenExpiresAt scopes } ... on AuthError { code }
  ... on AuthRateLimitedError { retryAfterSeconds } ... on AuthInvalidInputError { fields { path code } } } }`;

/** The access token for which a personal access token is exchanged. */
export async function exchanged(app: TestApp, token: string, scopes?: readonly string[]): Promise<string> {
  const { exchangePersonalAccessToken } = await app.client().data(EXCHANGE, { input: { token, scopes } });
  if (exchangePersonalAccessToken.__typename !== 'AccessTokenIssued')
    throw new Error(JSON.stringify(exchangePersonalAccessToken));
  return exchangePersonalAccessToken.accessToken;
}

/** The token with a typing mistake in its last character. */
export const mistyped = (token: string) => token.slice(0, -1) + (token.endsWith('x') ? 'y' : 'x');

import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { TestApp } from './app.ts';
import { withServicesBeside } from './beside.ts';
import { type HttpAnswer, request } from './http.ts';
import type { Services } from './services.ts';

type Administration = Services['serviceClients'];
type Input = Parameters<Administration['create']>[0];

/** A service client, as an operator saw it once. */
export interface MadeClient {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
}

/** Does what an operator does by a command, in a process without Redis. */
export function administer<T>(
  { databaseUrl, env }: Pick<TestApp, 'databaseUrl' | 'env'>,
  work: (clients: Administration) => Promise<T>,
): Promise<T> {
  return withServicesBeside(databaseUrl, env, ({ serviceClients }) => work(serviceClients));
}

/** A new client with a secret; with a key, the secret is empty. */
export async function makeClient(
  app: Pick<TestApp, 'databaseUrl' | 'env'>,
  input: Partial<Input> = {},
): Promise<MadeClient> {
  const name = `client-${randomUUID().slice(0, 8)}`;
  const given = { name, scopes: [], audiences: ['latchkey'], actsForUsers: false, publicKey: null, ...input };
  const created = await administer(app, (clients) => clients.create(given));
  if (created.kind !== 'created') throw new Error(JSON.stringify(created));
  return { id: created.client.id, name: given.name, secret: created.secret ?? '' };
}

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

/** A form to one of the endpoints, by a client that authenticates by its secret, or by nobody. */
export function postForm(
  app: Pick<TestApp, 'url'>,
  endpoint: 'token' | 'introspect' | 'revoke',
  form: Readonly<Record<string, string>> | URLSearchParams,
  client?: Pick<MadeClient, 'id' | 'secret'> | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  return request(`${app.url}/oauth/${endpoint}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(client && basic(client.id, client.secret)),
      ...headers,
    },
    body: new URLSearchParams(form).toString(),
  });
}

/** The token of a client, for itself. */
export async function serviceToken(
  app: Pick<TestApp, 'url'>,
  client: MadeClient,
  form: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { json, text } = await postForm(app, 'token', { grant_type: 'client_credentials', ...form }, client);
  if (json?.access_token === undefined) throw new Error(text);
  return json.access_token;
}

/** The token with which a client acts for the user of an access token. */
export async function delegatedToken(
  app: Pick<TestApp, 'url'>,
  client: MadeClient,
  subjectToken: string,
  form: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { json, text } = await postForm(app, 'token', { ...exchangeOf(subjectToken), ...form }, client);
  if (json?.access_token === undefined) throw new Error(text);
  return json.access_token;
}

export const exchangeOf = (subjectToken: string) => ({
  grant_type: TOKEN_EXCHANGE,
  subject_token: subjectToken,
  subject_token_type: ACCESS_TOKEN_TYPE,
});

export interface Keys {
  readonly privateKey: KeyObject;
  /** In PEM. */
  readonly publicKey: string;
}

export function newKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** The parameters by which a client authenticates with its key. */
export function assertion(
  { privateKey }: Keys,
  clientId: string,
  issuer: string,
  claims: object = {},
  header: object = {},
): Record<string, string> {
  const now = Math.floor(Date.now() / 1_000);
  const all = {
    iss: clientId,
    sub: clientId,
    aud: issuer,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
    ...claims,
  };
  const signed = [{ alg: 'ES256', typ: 'JWT', ...header }, all]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const client_assertion = `${signed}.${signature.toString('base64url')}`;
  return { client_assertion_type: ASSERTION_TYPE, client_assertion };
}

export const ISSUE = `mutation ($input: IssueServiceTokenInput!) { issueServiceToken(input: $input) { __typename
  ... on AccessTokenIssued { accessToken accessTokenExpiresAt scopes } ... on AuthError { code }
  ... on AuthRateLimitedError { retryAfterSeconds } ... on AuthInvalidInputError { fields { path code } } } }`;

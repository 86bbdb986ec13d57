import { isAccessToken } from './access-token.ts';

/**
 * The access token that a result of GraphQL contains: a text after a sign-in, a refresh or another password check, null after a
 * sign-out; undefined if the result says nothing about it.
 */
export function tokenOfResult(result: unknown): string | null | undefined {
  const data = fieldsOf(fieldsOf(result)['data']);
  for (const [name, value] of Object.entries(data)) {
    const { accessToken, code } = fieldsOf(value);
    if (typeof accessToken === 'string' && isAccessToken(accessToken)) return accessToken;
    if (name === 'logout' && value !== null && code === undefined) return null;
  }
  return undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

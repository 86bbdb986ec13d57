import type { Operation } from '../generated.ts';

/** Where the API is: beside this page, so that the refresh cookie is its own, and a proxy may serve both below a path. */
export const ENDPOINT = '../graphql';

export interface GraphQLFailure {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly retryAfterSeconds?: number };
}

export interface Answer<Data> {
  readonly data: Data | null;
  readonly errors: readonly GraphQLFailure[];
}

/** A failure to get any answer of the API. Its message is a sentence for the user. */
export class Unreachable extends Error {}

interface Options {
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one operation. @throws {Unreachable} without an answer of the API. */
export async function post<Data, Variables>(
  query: Operation<Data, Variables>,
  variables: Variables,
  { token, signal }: Options = {},
): Promise<Answer<Data>> {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
    credentials: 'same-origin',
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Unreachable('The server does not answer. Check the connection.');
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!isAnswer(answer)) throw new Unreachable(`The server answered with HTTP status ${response.status}.`);
  return { data: (answer.data ?? null) as Data | null, errors: answer.errors ?? [] };
}

function isAnswer(value: unknown): value is { data?: unknown; errors?: readonly GraphQLFailure[] } {
  return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
}

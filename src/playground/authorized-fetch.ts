import type { AccessToken } from './access-token.ts';
import { lastingStream } from './lasting-stream.ts';
import { tokenOfResult } from './token-of-result.ts';

type Fetch = typeof fetch;

/**
 * `fetch` that adds the access token to requests to `endpoint` which have no Authorization header of their own, and keeps the token
 * that a sign-in returns. Without a token no header is sent: an empty one would be refused.
 */
export function authorizedFetch(fetch: Fetch, endpoint: URL, accessToken: AccessToken): Fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    if (!isFor(endpoint, request.url) || request.headers.has('authorization')) return fetch(request);
    const text = await request.clone().text();
    // A request can be sent once, a stream is opened again with each token.
    const send = async () => {
      const token = await accessToken.current();
      const headers = new Headers(request.headers);
      if (token !== null) headers.set('authorization', `Bearer ${token}`);
      const { url, method, credentials, signal } = request;
      return fetch(url, { method, headers, credentials, signal, body: text === '' ? null : text });
    };
    if (request.headers.get('accept')?.includes('text/event-stream'))
      return lastingStream(send, accessToken, request.signal);
    const response = await send();
    await keepToken(response.clone(), accessToken);
    return response;
  };
}

/** Whether `url` is the endpoint, whatever its query. */
export function isFor(endpoint: URL, url: string): boolean {
  const { host, pathname } = new URL(url, document.baseURI);
  return host === endpoint.host && pathname === endpoint.pathname;
}

async function keepToken(response: Response, accessToken: AccessToken): Promise<void> {
  if (!response.headers.get('content-type')?.includes('json')) return;
  const token = tokenOfResult(await response.json().catch(() => null));
  if (token !== undefined) accessToken.set(token);
}

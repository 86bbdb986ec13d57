import { randomUUID } from 'node:crypto';

/** A request to an app, and its answer: what a failed test shows beside its error. */
export interface Exchange {
  readonly requestId: string | null;
  /** The body of the request, or its address where it has none. */
  readonly request: string;
  readonly status: number;
  readonly text: string;
}

declare global {
  /** The last exchanges of the test that runs. Its environment shows and clears them. */
  var exchanges: Exchange[] | undefined;
}

/** `fetch`, with an id by which the request is found in the log and among the events. */
export async function exchange(
  url: string,
  init: RequestInit,
): Promise<{ status: number; headers: Headers; text: string }> {
  const headers = new Headers(init.headers);
  if (!headers.has('x-request-id')) headers.set('x-request-id', randomUUID());
  const response = await fetch(url, { ...init, headers });
  const { status } = response;
  const text = await response.text();
  const request = typeof init.body === 'string' ? init.body : `${init.method ?? 'GET'} ${url}`;
  note({ requestId: headers.get('x-request-id'), request, status, text });
  return { status, headers: response.headers, text };
}

/** The noted exchanges in words. */
export function showExchanges(exchanges: readonly Exchange[]): string {
  const shown = exchanges.map(
    ({ requestId, request, status, text }) =>
      `request ${requestId}: ${shorten(request)}\nanswer ${status}: ${shorten(text)}`,
  );
  return ['The last requests before it failed:', ...shown].join('\n');
}

/** How many exchanges are kept. */
const MOST_KEPT = 3;
/** How much of a body is shown. */
const MOST_CHARACTERS = 2_000;

function note(exchange: Exchange): void {
  const { exchanges = [] } = globalThis;
  exchanges.push(exchange);
  if (exchanges.length > MOST_KEPT) exchanges.shift();
}

function shorten(text: string): string {
  const rest = text.length - MOST_CHARACTERS;
  return rest <= 0 ? text : `${text.slice(0, MOST_CHARACTERS)}… (${rest} characters more)`;
}

/** How long a request may take, in milliseconds. */
export const TIMEOUT_MS = 5_000;

/** Latchkey's answers have a few thousand bytes. */
const MAX_BYTES = 100_000;

export type Fetch = typeof fetch;

interface JsonAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
  /** One second without the header. */
  readonly retryAfterSeconds: number;
}

/** The JSON of an answer with one of these statuses. @throws {Error} if there is none within five seconds, or it is too long. */
export async function fetchJson(
  send: Fetch,
  url: URL,
  init: RequestInit = {},
  statuses: readonly number[] = [200],
): Promise<JsonAnswer> {
  const response = await send(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!statuses.includes(response.status)) {
    await response.body?.cancel();
    throw new Error(`${url.pathname} answers ${response.status}`);
  }
  const json: unknown = JSON.parse(await textOf(response));
  if (typeof json !== 'object' || json === null) throw new Error(`${url.pathname} answers no JSON object`);
  const retryAfterSeconds = Number(response.headers.get('retry-after')) || 1;
  return { status: response.status, json: { ...json }, retryAfterSeconds };
}

/** @throws {Error} once it is longer than any answer of Latchkey's: whatever it is, it must not fill the memory. */
async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ['', 0];
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error('the answer is too long');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** A form (RFC 6749 §3.2), by a client that authenticates by its secret (§2.3.1), or by nobody. */
export function form(
  fields: Readonly<Record<string, string>>,
  client?: { readonly clientId: string; readonly clientSecret: string },
): RequestInit {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(client && basic(client)),
    },
    body: new URLSearchParams(fields).toString(),
  };
}

export function basic({
  clientId,
  clientSecret,
}: {
  readonly clientId: string;
  readonly clientSecret: string;
}) {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

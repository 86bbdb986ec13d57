import { connect } from 'node:net';
import { exchange } from './exchanges.ts';

/** What a server answered, whatever its shape. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; null when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any;
}

/** Any request that `fetch` can send. */
export async function request(url: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const { status, headers, text } = await exchange(url, init);
  return toAnswer(status, headers, text);
}

/** A body, as it is, to `/graphql`; without other headers it is said to be JSON. */
export function post(url: string, body: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  return request(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

/** A GET of `/graphql` with these parameters, past the protection against forged requests. */
export function get(
  url: string,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  return request(`${url}/graphql?${new URLSearchParams(parameters)}`, {
    headers: { 'apollo-require-preflight': '1', ...headers },
  });
}

/** A POST of JSON to `/graphql` with header lines as they are: what `fetch` would refuse to send. */
export function postRaw(
  url: string,
  headerLines: readonly string[],
  body: object,
  host = 'latchkey.test',
): Promise<HttpAnswer> {
  const { hostname, port } = new URL(url);
  const content = JSON.stringify(body);
  const head = [
    'POST /graphql HTTP/1.1',
    `Host: ${host}`,
    ...headerLines,
    `Content-Length: ${Buffer.byteLength(content)}`,
    'Connection: close',
  ];
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () =>
      socket.write(`${head.join('\r\n')}\r\n\r\n${content}`, 'latin1'),
    );
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(parseAnswer(Buffer.concat(chunks).toString())));
  });
}

function parseAnswer(answer: string): HttpAnswer {
  const [head = '', ...body] = answer.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => line.split(/:\s*(.*)/s).slice(0, 2) as [string, string]);
  return toAnswer(Number(statusLine.split(' ')[1]), new Headers(headers), body.join('\r\n\r\n'));
}

/** An answer whose body was read. */
export function toAnswer(status: number, headers: Headers, text: string): HttpAnswer {
  try {
    return { status, headers, text, json: JSON.parse(text) };
  } catch {
    return { status, headers, text, json: null };
  }
}

import { describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { request } from '../../../test/support/http.ts';
import { MY_SESSION_CHANGED } from '../../../test/support/streams.ts';
import { graph, signUp } from './support/graph.ts';

const FORBIDDEN = { errors: [{ message: expect.any(String), extensions: { code: 'FORBIDDEN' } }] };

/** What is not Latchkey's router's secret: nothing, and another. */
const strangers: [string, Record<string, string>][] = [
  ['without the secret', {}],
  ['with another secret', { 'x-router-secret': '0'.repeat(64) }],
];

describe.each(strangers)('who comes past the gateway, %s,', (_name, headers) => {
  test('is refused, though signed in', async () => {
    const { client } = await signUp();
    const { status, json } = await post('{ me { id } }', { ...headers, ...bearer(client.accessToken) });
    expect({ status, json }).toEqual({ status: 403, json: FORBIDDEN });
  });

  test('gets no stream of server-sent events', async () => {
    const { status, json } = await post(MY_SESSION_CHANGED, { ...headers, accept: 'text/event-stream' });
    expect({ status, json }).toEqual({ status: 403, json: FORBIDDEN });
  });

  test('gets no WebSocket', async () => {
    expect(await upgrade(headers)).toBe(403);
  });
});

test('with the secret, the same requests are answered', async () => {
  const headers = { 'x-router-secret': graph.routerSecret };
  const { client, userId } = await signUp();
  const answer = await post('{ me { id } }', { ...headers, ...bearer(client.accessToken) });
  expect(answer.json).toEqual({ data: { me: { id: userId } } });
  const stream = await post(MY_SESSION_CHANGED, { ...headers, accept: 'text/event-stream' });
  expect(stream.text).toContain('CREDENTIAL_INVALID');
  expect(await upgrade(headers)).toBe(101);
});

test.each(['/.well-known/jwks.json', '/livez', '/readyz', '/health'])('%s is open to all', async (path) => {
  expect((await request(new URL(path, graph.authUrl).href)).status).toBe(200);
});

function post(query: string, headers: Record<string, string>) {
  return request(graph.authUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
}

function bearer(accessToken: string | null) {
  return { authorization: `Bearer ${accessToken}` };
}

/** The status that a request for a WebSocket is answered with. */
function upgrade(headers: Record<string, string>): Promise<number | undefined> {
  const socket = new WebSocket(graph.authUrl.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
    socket.once('upgrade', ({ statusCode }) => resolve(statusCode));
    socket.once('open', () => socket.terminate());
  });
}

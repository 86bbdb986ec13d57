import { expect, test } from '@jest/globals';
import { AccessToken } from '../../src/playground/access-token.ts';
import { lastingStream } from '../../src/playground/lasting-stream.ts';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (jti: string) =>
  `${encode({ typ: 'at+jwt' })}.${encode({ jti, iat: 0, exp: 3_600 })}.signature`;
const COMPLETE = 'event: complete\ndata: \n\n';
const event = (text: string) => `event: next\ndata: ${text}\n\n`;

/** A stream of server-sent events that a test writes. */
function newSource() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  const write = (text: string) => controller.enqueue(new TextEncoder().encode(text));
  const send = (text: string) => write(event(text));
  const complete = () => write(COMPLETE);
  return {
    send,
    complete,
    response: new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  };
}

test('a stream that is opened again with another token passes on what both deliver once', async () => {
  const [first, second] = [newSource(), newSource()];
  let answer!: (response: Response) => void;
  const opened = [Promise.resolve(first.response), new Promise<Response>((resolve) => (answer = resolve))];
  const accessToken = new AccessToken(async () => null);
  const abort = new AbortController();
  const stream = await lastingStream(() => opened.shift() as Promise<Response>, accessToken, abort.signal);
  const reader = (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => (await reader.read()).value;

  // Alike, but two.
  first.send('same');
  first.send('same');
  expect([await next(), await next()]).toEqual([event('same'), event('same')]);
  accessToken.set(token('other'));
  // The server has opened the second, whose answer is still on its way.
  first.send('a');
  second.send('a');
  expect(await next()).toBe(event('a'));
  answer(second.response);
  second.send('b');
  expect(await next()).toBe(event('b'));
  accessToken.set(null);
  abort.abort();
});

test('a stream whose token the server could not verify is opened again, and goes on', async () => {
  const [first, second] = [newSource(), newSource()];
  const opened = [
    async () => first.response,
    async () => new Response('{}', { status: 503 }),
    async () => second.response,
  ];
  const accessToken = new AccessToken(async () => null);
  const abort = new AbortController();
  const open = () => (opened.shift() as () => Promise<Response>)();
  const stream = await lastingStream(open, accessToken, abort.signal, 0);
  const reader = (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => (await reader.read()).value;

  const unverified = '{"data":{"mySessionChanged":{"kind":"CREDENTIAL_UNVERIFIED"}}}';
  first.send(unverified);
  first.complete();
  second.send('later');
  second.complete();
  expect([await next(), await next(), await next()]).toEqual([event(unverified), event('later'), COMPLETE]);
  abort.abort();
});

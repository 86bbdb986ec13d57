import { setTimeout as delay } from 'node:timers/promises';
import { basic, type Fetch, TIMEOUT_MS } from './http.ts';
import { parseRevocation, type RevocationListener, type RevocationSource } from './revocations.ts';
import { type ServerSentEvent, serverSentEvents } from './server-sent-events.ts';

interface Options {
  /** Latchkey's `/revocations`. */
  readonly url: string | URL;
  /** A service client. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fetch?: Fetch;
}

/** Latchkey sends a heartbeat twice a second: without one for so long, revocations may be missing, in milliseconds. */
const SILENCE_MS = 1_500;

/** Between two attempts to connect, in milliseconds; less at first. */
const RETRY_MS = [50, 200, 500, 1_000];

/** Hears of revocations from Latchkey by server-sent events. After an interruption it resumes where it was, without a gap. */
export function streamedRevocations({ url, fetch: send = fetch, ...client }: Options): RevocationSource {
  const stopping = new AbortController();
  let beatAt = Number.NEGATIVE_INFINITY;
  /** How late the last heartbeat was, beside the fastest of this connection, in milliseconds. */
  let lateness = 0;
  let leastDelay = Number.POSITIVE_INFINITY;
  let lastEventId = '';
  let running: Promise<void> | null = null;

  async function listen(listener: RevocationListener): Promise<void> {
    const controller = new AbortController();
    leastDelay = Number.POSITIVE_INFINITY;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    const end = () => {
      controller.abort();
      // Also this: under load a body was seen on Node 20 that did not end when its signal aborted.
      reader?.cancel().catch(() => undefined);
    };
    stopping.signal.addEventListener('abort', end);
    let timer = setTimeout(end, TIMEOUT_MS);
    try {
      const headers = {
        ...basic(client),
        accept: 'text/event-stream',
        ...(lastEventId !== '' && { 'last-event-id': lastEventId }),
      };
      const { signal } = controller;
      const response = await send(new URL(url), { headers, signal, redirect: 'error' });
      if (response.status !== 200 || response.body === null) {
        await response.body?.cancel();
        throw new Error(`the stream of revocations answers ${response.status}`);
      }
      reader = response.body.getReader();
      if (signal.aborted) throw new Error('the stream of revocations has ended');
      for await (const event of serverSentEvents(reader)) {
        clearTimeout(timer);
        timer = setTimeout(end, TIMEOUT_MS);
        receive(event, listener);
      }
    } finally {
      clearTimeout(timer);
      stopping.signal.removeEventListener('abort', end);
      end();
    }
  }

  function receive({ type, data, id }: ServerSentEvent, listener: RevocationListener): void {
    if (type === 'revocation') {
      const revocation = parseRevocation(JSON.parse(data));
      if (revocation !== null) listener.onRevocation(revocation);
    } else if (type === 'heartbeat') {
      // One that has waited somewhere tells of then, not of now. The clocks may differ.
      const delay = Date.now() - Number(id);
      leastDelay = Math.min(leastDelay, delay);
      lateness = delay - leastDelay;
      beatAt = performance.now();
      const { keys } = JSON.parse(data) as { keys?: unknown };
      if (Array.isArray(keys)) listener.onKeys(keys);
    }
    // All that was before it has been told.
    if (id !== null) lastEventId = id;
  }

  async function run(listener: RevocationListener): Promise<void> {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const heardAt = beatAt;
      await listen(listener).catch(() => undefined);
      if (beatAt > heardAt) attempt = 0;
      const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
      await delay(wait, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  return {
    get isLive() {
      return performance.now() - beatAt < SILENCE_MS && lateness < SILENCE_MS;
    },
    start(listener) {
      if (running !== null) throw new Error('a source of revocations serves one verifier');
      running = run(listener);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

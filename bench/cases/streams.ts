import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { signInAdministrator } from '../lib/administrator.ts';
import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { refresh, signup } from '../lib/client.ts';
import { percentile } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const WATCHERS = 50;
const STREAMS_EACH = 20;
const EVENTS = 20;

/** One event of one user to a thousand streams: from the answer that caused it to the last stream that tells it. */
export const streams: Case = async ({ createDatabase, redisUrl }) => {
  const databaseUrl = await createDatabase();
  const env = { ...production(databaseUrl), REDIS_URL: redisUrl };
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const clients: { dispose(): unknown }[] = [];
  try {
    const watched = await signup(latchkey.url, 'watched@example.com');
    let { refreshToken } = watched;
    let told = 0;
    let wake: () => void = () => undefined;
    for (const token of await administrators(latchkey.url, databaseUrl)) {
      const client = createClient({
        url: `${latchkey.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { token },
        lazy: false,
        onNonLazyError: () => undefined,
      });
      clients.push(client);
      for (let i = 0; i < STREAMS_EACH; i += 1) {
        const query = `subscription { sessionChanged(userId: "${watched.user.id}") { id kind session { id } } }`;
        client.subscribe(
          { query },
          {
            next: () => {
              told += 1;
              wake();
            },
            error: () => undefined,
            complete: () => undefined,
          },
        );
      }
    }
    const allTold = (count: number) =>
      new Promise<void>((resolve) => {
        wake = () => told >= count && resolve();
        wake();
      });
    // Until every stream has told something, not all of them are known to be open.
    const total = WATCHERS * STREAMS_EACH;
    for (let ready = false; !ready; ) {
      told = 0;
      ({ refreshToken } = await refresh(latchkey.url, refreshToken));
      ready = await Promise.race([allTold(total).then(() => true), pause(1_000).then(() => false)]);
    }
    const delays: number[] = [];
    let cpuMs = 0;
    for (let i = 0; i < EVENTS; i += 1) {
      told = 0;
      await latchkey.ask('reset');
      ({ refreshToken } = await refresh(latchkey.url, refreshToken));
      const startedAt = performance.now();
      await allTold(total);
      delays.push(performance.now() - startedAt);
      cpuMs += (await latchkey.ask<{ cpuMs: number }>('cpu')).cpuMs;
    }
    const raw = `${EVENTS} events to ${total} streams: p50 ${percentile(delays, 50).toFixed(0)} ms, max ${Math.max(...delays).toFixed(0)} ms; 50 sockets of 20 streams`;
    return [
      {
        what: 'one event to 1,000 streams of one instance, the last one told, p50',
        value: percentile(delays, 50),
        unit: 'ms',
        atMost: 30,
        raw,
      },
      {
        what: "CPU of the server's process for a refresh that 1,000 streams tell, mean",
        value: cpuMs / EVENTS,
        unit: 'ms',
        raw,
      },
    ];
  } finally {
    for (const client of clients) client.dispose();
    await latchkey.stop();
  }
};

async function administrators(url: string, databaseUrl: string): Promise<string[]> {
  const tokens: string[] = [];
  for (let i = 0; i < WATCHERS; i += 1)
    tokens.push(await signInAdministrator(url, databaseUrl, `admin${i}@example.com`));
  return tokens;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Sends hostile requests without pause, from an address of its own, until it is stopped; `sent` tells how many. */
import { exchange } from '../../test/support/hostile/wire.ts';
import type { SignedIn } from './client.ts';
import { hostileMessages } from './hostile-messages.ts';

const CONNECTIONS = 8;

const url = String(process.env['TARGET_URL']);
const localAddress = String(process.env['LOCAL_ADDRESS']);
const messages = hostileMessages(JSON.parse(String(process.env['CALLER'])) as SignedIn);
let sent = 0;

async function send(): Promise<never> {
  for (;;) {
    const { message } = messages[sent++ % messages.length] as (typeof messages)[number];
    // A connection that is refused is what a flood is answered with.
    await exchange({ url, localAddress }, message(), { quietMs: 200 }).catch(() => undefined);
  }
}

process.on('message', (message) => {
  if (message === 'begin') {
    for (let i = 0; i < CONNECTIONS; i += 1) void send();
    process.send?.({});
  }
  if (message === 'sent') process.send?.({ sent });
  if (message === 'stop') process.exit(0);
});
process.send?.({ url });

/** Sends hostile inputs without pause, from an address of its own, until it is stopped; `sent` tells how many. */
import { hostileFrames } from '../../test/support/hostile/frames.ts';
import { HostileSocket } from '../../test/support/hostile/sockets.ts';
import { HUGE_ON_WEBSOCKET } from '../../test/support/hostile/values.ts';
import { exchange } from '../../test/support/hostile/wire.ts';
import { Attacker, hostileMessages, hostileOperationsOf } from './hostile-messages.ts';

const CONNECTIONS = 8;
const SOCKETS = 2;
/** In milliseconds; who waits longer sends less. */
const QUIET_MS = 100;

const url = String(process.env['TARGET_URL']);
const connecting = { url, localAddress: String(process.env['LOCAL_ADDRESS']) };
const attacker = await Attacker.enter(url);
const messages = hostileMessages(attacker);
const operations = hostileOperationsOf(attacker, HUGE_ON_WEBSOCKET);
const frames = hostileFrames();
const sent = { requests: 0, frames: 0 };

async function sendRequests(): Promise<never> {
  for (;;) {
    const { message } = messages[sent.requests++ % messages.length] as (typeof messages)[number];
    await attacker.beforeNext();
    // A connection that is refused is what a flood is answered with.
    await exchange(connecting, message(), { quietMs: QUIET_MS }).catch(() => undefined);
  }
}

/** Subscriptions and odd frames by turns. */
async function sendFrames(): Promise<never> {
  const socket = new HostileSocket(connecting, () => attacker.headers);
  for (;;) {
    const i = sent.frames++;
    const { bytes, afterInit } = frames[i % frames.length] as (typeof frames)[number];
    try {
      await socket.ready();
      const { operation } = operations[i % operations.length] as (typeof operations)[number];
      const subscription = socket.prepare(operation());
      await socket.send(subscription.bytes, subscription.enough, QUIET_MS);
      socket.close();
      await socket.ready({ initialised: afterInit });
      await socket.send(bytes, () => false, QUIET_MS);
    } catch {
      // Refused, too.
    }
    socket.close();
  }
}

process.on('message', (message) => {
  if (message === 'begin') {
    for (let i = 0; i < CONNECTIONS; i += 1) void sendRequests();
    for (let i = 0; i < SOCKETS; i += 1) void sendFrames();
    process.send?.({});
  }
  if (message === 'sent') process.send?.(sent);
  if (message === 'stop') process.exit(0);
});
process.send?.({ url });

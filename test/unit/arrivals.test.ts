import { Socket } from 'node:net';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Arrivals } from '../../src/http/arrivals.ts';

let now = 0;
let arrivals: Arrivals;

beforeEach(() => {
  now = 10_000;
  arrivals = new Arrivals(() => now);
});

/** The event loop turns for so long: its timer is on time. */
function run(ms: number): void {
  for (const end = now + ms; now < end; ) {
    now += 100;
    arrivals.tick();
  }
}

/** The process is frozen for so long, with its timer and all. */
function freeze(ms: number): void {
  now += ms;
}

describe('a request that is read', () => {
  test('while the event loop turns has just arrived', () => {
    run(1_000);
    now += 99;
    expect(arrivals.earliest()).toBe(11_099);
  });

  test('when a tick is overdue may have arrived at the last one', () => {
    run(1_000);
    freeze(5_000);
    expect(arrivals.earliest()).toBe(10_900);
  });

  test('soon after a gap may have arrived in it, though the timer was first', () => {
    run(1_000);
    freeze(5_000);
    arrivals.tick();
    run(900);
    expect(arrivals.earliest()).toBe(10_900);
    run(100);
    expect(arrivals.earliest()).toBe(now);
  });

  test('after two gaps in a row may have arrived in the first', () => {
    run(1_000);
    freeze(5_000);
    run(200);
    freeze(5_000);
    expect(arrivals.earliest()).toBe(10_900);
  });

  test('after a gap has not arrived in one long before', () => {
    run(1_000);
    freeze(5_000);
    run(2_000);
    const last = now;
    freeze(5_000);
    expect(arrivals.earliest()).toBe(last - 100);
  });

  test('by a busy event loop has just arrived', () => {
    for (let i = 0; i < 100; i += 1) {
      freeze(499);
      expect(arrivals.earliest()).toBe(now);
    }
  });
});

describe('the wait of a request', () => {
  test('goes on from when it arrived, as far as that is known', async () => {
    run(1_000);
    freeze(5_000);
    const request = await arrivals.read({ socket: new Socket() });
    expect(request.maxWaitMs()).toBe(5_100);
    freeze(700);
    expect(request.maxWaitMs()).toBe(5_800);
  });

  test('is over when its connection has closed', async () => {
    const socket = new Socket();
    const request = await arrivals.read({ socket });
    expect(request.isAbandoned()).toBe(false);
    socket.destroy();
    expect(request.isAbandoned()).toBe(true);
  });
});

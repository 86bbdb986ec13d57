import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Secret } from '../../core/secret.ts';
import { DatabaseClient } from './client.ts';
import { ServerClient } from './server-client.ts';
import { Servers } from './servers.ts';

/** Timeout of a probe, in milliseconds. */
const PROBE_MS = 500;

/** Timeout of a connection at start, in milliseconds. */
const REACH_MS = 5_000;

const TICK_MS = 50;

/**
 * Writes a record to the log that nothing reads: while a synchronous standby is away, reads succeed and every commit hangs. Everyone
 * may call it. A transaction that writes nothing would not wait for the standby.
 */
const WRITE = "SELECT pg_logical_emit_message(true, 'latchkey', '')";

/**
 * Whether the server responds on a new connection, to a write too. An error message of the server is a response, as that of a
 * standby, which is read-only.
 */
export async function answers(url: Secret): Promise<boolean> {
  const client = new DatabaseClient({
    servers: Servers.of(url),
    application_name: 'latchkey probe',
    connectionTimeoutMillis: PROBE_MS,
    statement_timeout: PROBE_MS,
  });
  try {
    return await Promise.race([ask(client), elapsed(PROBE_MS).then(() => false)]);
  } finally {
    client.destroy();
  }
}

/** Connects once, and throws what prevents it. */
export async function reach(url: Secret): Promise<void> {
  const client = new ServerClient({
    servers: Servers.of(url),
    application_name: 'latchkey probe',
    connectionTimeoutMillis: REACH_MS,
  });
  await client.connect();
  await client.end();
}

async function ask(client: pg.Client): Promise<boolean> {
  try {
    await client.connect();
    await client.query(WRITE);
    return true;
  } catch (error) {
    return error instanceof pg.DatabaseError;
  }
}

/** Waits in small steps, so that time in which the event loop stalls and cannot read a response does not count. */
async function elapsed(milliseconds: number): Promise<void> {
  for (let waited = 0; waited < milliseconds; waited += TICK_MS)
    await delay(TICK_MS, undefined, { ref: false });
}

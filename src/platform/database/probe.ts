import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Secret } from '../../core/secret.ts';
import { DatabaseClient } from './client.ts';

/** Timeout of a probe, in milliseconds. */
const PROBE_MS = 500;

const TICK_MS = 50;

/** Whether the server responds on a new connection. An error message of the server is a response. */
export async function answers(url: Secret): Promise<boolean> {
  const client = new DatabaseClient({
    connectionString: url.reveal(),
    application_name: 'latchkey probe',
    statement_timeout: PROBE_MS,
  });
  client.on('error', () => undefined);
  try {
    return await Promise.race([ask(client), elapsed(PROBE_MS).then(() => false)]);
  } finally {
    client.destroy();
  }
}

async function ask(client: pg.Client): Promise<boolean> {
  try {
    await client.connect();
    await client.query('SELECT 1');
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

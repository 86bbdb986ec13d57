import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Secret } from '../../core/secret.ts';
import { DatabaseClient } from './client.ts';

/** How long a probe waits for an answer, in milliseconds. */
const PROBE_MS = 500;

const TICK_MS = 50;

/** Whether the server of this URL answers on a connection of its own. A refusal in its own words is an answer. */
export async function answers(url: Secret): Promise<boolean> {
  const client = new DatabaseClient({ connectionString: url.reveal(), application_name: 'latchkey probe' });
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

/** Counts the time in which this process runs: while its event loop stalls, no answer can be read. */
async function elapsed(milliseconds: number): Promise<void> {
  for (let waited = 0; waited < milliseconds; waited += TICK_MS)
    await delay(TICK_MS, undefined, { ref: false });
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';
import { reach } from '../platform/database/probe.ts';
import { databaseFailure, mayPass } from './start-failures.ts';

/** Interval of attempts, in milliseconds. */
const RETRY_MS = 500;

/** Interval of log lines, in milliseconds. */
const LINE_MS = 10_000;

interface Options {
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/**
 * Waits until Postgres accepts connections: where both are started together, it may take longer. Rejects with the last failure: after
 * the timeout, or at once if waiting does not help.
 */
export async function waitForDatabase(url: Secret, { timeoutMs, logger }: Options): Promise<void> {
  if (timeoutMs === 0) return;
  const startedAt = performance.now();
  let nextLineAt = startedAt;
  for (;;) {
    try {
      return await reach(url);
    } catch (error) {
      const now = performance.now();
      if (!mayPass(error) || now - startedAt >= timeoutMs) throw error;
      if (now >= nextLineAt) {
        nextLineAt = now + LINE_MS;
        const { message: reason } = databaseFailure(error) as Error;
        const seconds = Math.ceil((timeoutMs - (now - startedAt)) / 1_000);
        logger.warn({ reason }, `waiting for the database, for up to ${seconds} seconds`);
      }
      await delay(RETRY_MS);
    }
  }
}

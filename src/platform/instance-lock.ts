import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { OperatorError } from '../core/operator-error.ts';
import type { Logger } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';
import { ServerClient } from './database/server-client.ts';
import { Servers } from './database/servers.ts';

/** An arbitrary constant, the same in every version of Latchkey. */
const INSTANCE_LOCK = 5_283_140_218;

const RETRY_MS = 200;

/** Time for Postgres to notice the lost connection of a killed instance, in milliseconds. */
const PATIENCE_MS = 5_000;

const TIMEOUTS = { connectionTimeoutMillis: 2_000, query_timeout: 2_000 };

/** Another instance uses this database, and without a shared bus revocations would not reach both. */
export class SecondInstanceError extends OperatorError {
  override readonly name = 'SecondInstanceError';

  constructor() {
    super('Another instance uses this database. Several instances must share one Redis: set REDIS_URL.');
  }
}

interface Options {
  readonly url: Secret;
  /** Whether a bus connects this instance to others. Such instances share the lock; others hold it exclusively. */
  readonly shared: boolean;
  readonly logger: Logger;
  /** The lock was lost with its connection, and another instance holds it now. */
  readonly onTaken: (error: SecondInstanceError) => void;
}

/** Holds an advisory lock on a separate connection while this instance uses the database. */
export class InstanceLock {
  readonly #options: Options;
  #client: pg.Client | null = null;
  #released = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** @throws {SecondInstanceError} if another instance holds the lock and keeps it. */
  async acquire(): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    while (!(await this.#try())) {
      if (performance.now() > giveUpAt) throw new SecondInstanceError();
      await delay(RETRY_MS);
    }
  }

  async release(): Promise<void> {
    this.#released = true;
    await this.#client?.end();
  }

  async #try(): Promise<boolean> {
    const { url, shared } = this.#options;
    const client = new ServerClient({
      servers: Servers.of(url),
      application_name: 'latchkey lock',
      keepAlive: true,
      ...TIMEOUTS,
    });
    try {
      await client.connect();
      const lock = shared ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
      const { rows } = await client.query(`SELECT ${lock}($1) AS granted`, [INSTANCE_LOCK]);
      if (rows[0]?.granted !== true) {
        await client.end();
        return false;
      }
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    client.once('end', () => void this.#reacquire());
    return true;
  }

  /** Reacquires the lock after its connection was lost; the first instance to do so gets it. */
  async #reacquire(): Promise<void> {
    this.#client = null;
    while (!this.#released && this.#client === null) {
      try {
        await this.acquire();
      } catch (error) {
        if (error instanceof SecondInstanceError) return this.#options.onTaken(error);
        this.#options.logger.debug({ err: error }, 'reacquiring the instance lock failed: retrying');
        await delay(RETRY_MS);
      }
    }
  }
}

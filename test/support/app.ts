import { afterAll, beforeAll } from '@jest/globals';
import { type App, createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { MailTransport } from '../../src/core/mail.ts';
import type { Logger } from '../../src/core/ports.ts';
import type { Timeouts } from '../../src/http/timeouts.ts';
import { GraphQLClient } from './client.ts';
import { createTestDatabase } from './database.ts';
import { silentLogger } from './logger.ts';
import { RecordingMail } from './recording-mail.ts';
import { newSecrets } from './secrets.ts';

interface Options {
  /** Settings that differ from those of the tests; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A database to share with another instance; without it the app gets one of its own. */
  readonly databaseUrl?: string;
  readonly logger?: Logger;
  /** In place of the database's: tests let tokens expire. */
  readonly clock?: Clock;
  readonly machineClock?: Clock;
  /** What sends messages: that of its settings, or another one. Without it they are recorded. */
  readonly mail?: MailTransport | 'configured';
  readonly refusalWindowMs?: number;
  readonly timeouts?: Partial<Timeouts>;
}

/**
 * An app for the tests of this file or `describe`: it serves before their hooks run. Options that an earlier hook prepares
 * are given as a function.
 */
export function useTestApp(options: Options | (() => Options) = {}): TestApp {
  const latchkey = new TestApp(options);
  beforeAll(() => latchkey.start());
  afterAll(() => latchkey.stop());
  return latchkey;
}

/** Two instances on one database, as `useTestApp` starts one. */
export function useTwoTestApps(options: Options | (() => Options)): [TestApp, TestApp] {
  const a = new TestApp(options);
  const b = new TestApp(() => ({ ...resolve(options), databaseUrl: a.databaseUrl }));
  beforeAll(async () => {
    await a.start();
    await b.start();
  });
  afterAll(async () => {
    await b.stop();
    await a.stop();
  });
  return [a, b];
}

/** An app of a test's own, for as long as `work` takes. */
export async function withTestApp<T>(options: Options, work: (latchkey: TestApp) => Promise<T>): Promise<T> {
  const latchkey = await startTestApp(options);
  try {
    return await work(latchkey);
  } finally {
    await latchkey.stop();
  }
}

/** An app that the caller stops. */
export async function startTestApp(options: Options = {}): Promise<TestApp> {
  const latchkey = new TestApp(options);
  await latchkey.start();
  return latchkey;
}

/** Latchkey, whole, on a free port and a real database. Hashing is cheap, so that tests wait for what they are about. */
export class TestApp {
  readonly #options: Options | (() => Options);
  /** The messages that it sent, unless the options name another transport. */
  readonly mail = new RecordingMail();
  #running: Running | null = null;

  constructor(options: Options | (() => Options)) {
    this.#options = options;
  }

  get app(): App {
    return this.#served.app;
  }

  get url(): string {
    return this.#served.url;
  }

  get databaseUrl(): string {
    return this.#served.database.url;
  }

  /** Its settings, secrets included: for commands beside it. */
  get env(): Readonly<Record<string, string | undefined>> {
    return this.#served.env;
  }

  /** A new visitor: no credential, no cookies. */
  client(): GraphQLClient {
    return new GraphQLClient(this.url);
  }

  async start(): Promise<void> {
    const { databaseUrl } = resolve(this.#options);
    const database = databaseUrl === undefined ? await createTestDatabase() : { url: databaseUrl, drop() {} };
    this.#running = await this.#serve(database, {});
  }

  /** Stops it and starts another in its place, on the same database, with these settings instead. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { app, database } = this.#served;
    await app.stop();
    this.#running = await this.#serve(database, env);
  }

  /** Stops it, and leaves its database, until `serveAgain`. */
  async stopServing(): Promise<void> {
    await this.#served.app.stop();
  }

  async serveAgain(): Promise<void> {
    this.#running = await this.#serve(this.#served.database, {});
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.app.stop();
    await running?.database.drop();
  }

  get #served(): Running {
    if (this.#running === null) throw new Error('The app serves in tests and in later hooks only.');
    return this.#running;
  }

  async #serve(
    database: Running['database'],
    changedEnv: Readonly<Record<string, string>>,
  ): Promise<Running> {
    // Refusals are written at once: tests see what a server writes every minute.
    const {
      env,
      logger = silentLogger,
      clock,
      machineClock,
      mail = this.mail,
      ...rest
    } = resolve(this.#options);
    const { refusalWindowMs = 50, timeouts = {} } = rest;
    const settings = { ...SETTINGS, DATABASE_URL: database.url, ...env, ...changedEnv };
    const config = loadConfig(settings);
    const app = createApp(config, {
      logger,
      refusalWindowMs,
      timeouts,
      ...(mail !== 'configured' && { mail }),
      ...(clock && { clock }),
      ...(machineClock && { machineClock }),
    });
    const { url } = await app.start();
    return { app, url, database, env: settings };
  }
}

interface Running {
  readonly app: App;
  readonly url: string;
  readonly database: { readonly url: string; drop(): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The secrets are those of all instances of one test file, as replicas share theirs. */
const SETTINGS = {
  NODE_ENV: 'test',
  PORT: '0',
  PUBLIC_URL: 'http://localhost:4001',
  BCRYPT_COST: '4',
  HASH_WORKERS: '1',
  // On a busy machine.
  DATABASE_TIMEOUT_SECONDS: '30',
  START_TIMEOUT_SECONDS: '0',
  MIGRATE_ON_START: 'false',
  ...newSecrets(),
};

function resolve(options: Options | (() => Options)): Options {
  return typeof options === 'function' ? options() : options;
}

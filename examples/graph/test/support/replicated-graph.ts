import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../../../scripts/bundle.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../../src/platform/embedded-postgres/embedded-postgres.ts';
import { freePort } from '../../../../test/support/free-port.ts';
import { LatchkeyProcess, PROCESS_SETTINGS } from '../../../../test/support/latchkey-process.ts';
import { RedisServer } from '../../../../test/support/redis-server.ts';
import { newSecrets } from '../../../../test/support/secrets.ts';
import { Relay } from './relay.ts';
import { startGateway } from './start-gateway.ts';

const REPOSITORY = join(__dirname, '..', '..', '..', '..');
const ISSUER = 'http://auth.test';
const KEYS_PATH = '/.well-known/jwks.json';

interface Instance {
  readonly server: LatchkeyProcess;
  readonly url: string;
}

/** The graph as operators run it: two instances of Latchkey on one Postgres and one Redis, and keys that are deployed. */
export class ReplicatedGraph {
  /** Of the gateway, of both instances and of the tasks, each without path. */
  url = '';
  authUrl = '';
  tasksUrl = '';
  readonly issuer = ISSUER;
  /** Settings of every instance, but for the keys. */
  readonly env: Readonly<Record<string, string>>;
  readonly #instances: Instance[] = [];
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #build = join(REPOSITORY, 'node_modules', '.cache', `latchkey-replicated-${process.pid}`);
  #relay!: Relay;

  private constructor(databaseUrl: string, redisUrl: string) {
    this.env = {
      ...PROCESS_SETTINGS,
      ...newSecrets(),
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      ROUTER_SECRET: randomBytes(32).toString('hex'),
      JWT_ISSUER: ISSUER,
      TRUSTED_PROXIES: 'loopback',
      // On a busy machine a hash may take long.
      HASH_QUEUE_SECONDS: '30',
      ROLES: '{"user":["tasks:read","tasks:write"]}',
    };
  }

  /** `keys` as in JWT_PRIVATE_KEY; the gateway has a configuration of this example. */
  static async start(keys: string, configuration: string): Promise<ReplicatedGraph> {
    const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-replicated-'));
    const postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, volatile: true });
    const redis = await RedisServer.start();
    const graph = new ReplicatedGraph(postgres.url, redis.url);
    graph.#stops.push(
      async () => {
        await postgres.stop();
        for (const folder of [postgres.folder, dataDir]) rmSync(folder, { recursive: true, force: true });
      },
      () => redis.kill(),
    );
    try {
      await graph.#start(keys, configuration);
    } catch (error) {
      await graph.stop();
      throw error;
    }
    return graph;
  }

  async #start(keys: string, configuration: string): Promise<void> {
    this.#stops.push(async () => rmSync(this.#build, { recursive: true, force: true }));
    // It starts in a third of the time that the sources take.
    await bundle(this.#build);
    this.#relay = await Relay.start();
    this.authUrl = this.#relay.url;
    this.#stops.push(
      () => this.#relay.stop(),
      async () => {
        for (const { server } of this.#instances) await server.kill();
      },
    );
    for (let i = 0; i < 2; i += 1) this.#serve(await this.#startInstance(keys));

    const tasks = new LatchkeyProcess(
      [process.execPath, '--import', 'tsx', 'examples/graph/tasks/server.ts'],
      {
        NODE_ENV: 'production',
        PORT: String(await freePort()),
        LATCHKEY_URL: this.authUrl,
        JWT_ISSUER: ISSUER,
        REDIS_URL: this.env['REDIS_URL'] ?? '',
      },
    );
    this.#stops.push(() => tasks.kill());
    this.tasksUrl = new URL(await tasks.waitFor(/served at (http\S+)/)).origin;

    const gateway = await startGateway(configuration, {
      AUTH_URL: `${this.authUrl}/graphql`,
      TASKS_URL: this.tasksUrl,
      JWKS_URL: this.authUrl + KEYS_PATH,
      JWT_ISSUER: ISSUER,
      ROUTER_SECRET: this.env['ROUTER_SECRET'] ?? '',
    });
    this.#stops.push(() => gateway.stop());
    this.url = gateway.url;
  }

  /** Replaces one instance after the other: each gets no further request, finishes, and starts again with these keys. */
  async deploy(keys: string): Promise<void> {
    for (let i = 0; i < 2; i += 1) {
      const instance = this.#instances.shift();
      if (instance === undefined) throw new Error('the graph has not started');
      await this.#relay.remove(instance.url);
      instance.server.child.kill('SIGTERM');
      const code = await instance.server.exit;
      if (code !== 0) throw new Error(`an instance ended with ${code}:\n${instance.server.output}`);
      this.#serve(await this.#startInstance(keys));
    }
  }

  /** How often the keys were fetched. */
  get keysFetched(): number {
    return this.#relay.requestsTo(KEYS_PATH);
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).toReversed()) await stop();
  }

  async #startInstance(keys: string): Promise<Instance> {
    const server = new LatchkeyProcess([process.execPath, join(this.#build, 'main.js')], {
      ...this.env,
      JWT_PRIVATE_KEY: keys,
    });
    try {
      return { server, url: await server.serving() };
    } catch (error) {
      await server.kill();
      throw error;
    }
  }

  #serve(instance: Instance): void {
    this.#instances.push(instance);
    this.#relay.add(instance.url);
  }
}

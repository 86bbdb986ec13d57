import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './binaries.ts';
import { ensureCluster, urlOf } from './cluster.ts';
import { prepareFolder } from './folder.ts';
import { findRunningServer } from './running-server.ts';
import { launchServer } from './server.ts';

/** An embedded PostgreSQL server, for development and tests. */
export interface EmbeddedPostgres {
  /** Connection URL, password included: never log it. */
  readonly url: string;
  /** Whether another process owns the server, which stops when its owner ends. */
  readonly adopted: boolean;
  /** The actual data folder: not the requested one if root requested a private folder. */
  readonly folder: string;
  /** Resolves once the server has shut down; does not stop an adopted server. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Created if missing. Contains `pgdata`, `password` and `postgres.log`. */
  readonly dataDir: string;
  /** Disables fsync, for tests only: a power failure may lose all data. */
  readonly volatile?: boolean;
  /** Server settings, which override ours. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

/**
 * Starts the server of a data folder, or adopts one that already runs on it. It listens on 127.0.0.1 only, on a free
 * port, and stops when this process ends for any reason.
 *
 * @throws {Error} with instructions, if there are no binaries for this platform, if another major version created the
 *   folder, or if the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { volatile = false, settings = {}, log = () => undefined } = options;
  const { folder, account, copiesFolder } = await prepareFolder(options.dataDir, log);
  const binaries = await findBinaries(account, copiesFolder);
  const cluster = await ensureCluster({ folder, account, binaries, volatile, log });

  for (let attempt = 1; ; attempt++) {
    const running = await findRunningServer(cluster);
    if (running !== null) {
      log(`using the PostgreSQL server already running on ${folder}`);
      return { url: urlOf(cluster, running.port), adopted: true, folder, stop: async () => undefined };
    }
    const launch = await launchServer({ cluster, account, binaries, volatile, settings, log });
    if (launch.kind === 'ready') {
      log(
        `PostgreSQL ${binaries.majorVersion} listens on 127.0.0.1:${launch.port}; its files are in ${folder}`,
      );
      return { url: urlOf(cluster, launch.port), adopted: false, folder, stop: launch.stop };
    }
    if (attempt === MAX_ATTEMPTS) throw new Error(`The embedded PostgreSQL did not start.\n${launch.reason}`);
    await sleep(RETRY_PAUSE_MS);
  }
}

// For transient failures: the port was taken meanwhile, another process started the server first, or children of a
// killed server still hold its shared memory (for about half a second).
const MAX_ATTEMPTS = 5;
const RETRY_PAUSE_MS = 400;

import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './binaries.ts';
import { ensureCluster, urlOf } from './cluster.ts';
import { prepareFolder } from './folder.ts';
import { findRunningServer } from './running-server.ts';
import { launchServer } from './server.ts';

/** A PostgreSQL server of our own, for development and tests. */
export interface EmbeddedPostgres {
  /** Connection URL, password included: never log it. */
  readonly url: string;
  /** Another process owns the server. It goes when its owner goes. */
  readonly adopted: boolean;
  /** Where the files really are: elsewhere than asked when root asked for a private folder. */
  readonly folder: string;
  /** Resolves once the server has shut down cleanly; does nothing to an adopted one. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Made when missing. Holds `pgdata`, `password` and `postgres.log`. */
  readonly dataDir: string;
  /** No fsync: a power failure may lose everything. For tests only. */
  readonly volatile?: boolean;
  /** Server settings, which win over ours. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

/**
 * Starts the server of a data folder, or adopts the one that already runs on it. It listens on 127.0.0.1
 * only, on a free port, and goes when this process ends, however it ends.
 *
 * @throws {Error} saying what to do, when there are no binaries for this platform, when another major version
 * made the folder, or when the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { volatile = false, settings = {}, log = () => undefined } = options;
  const { folder, account, copiesFolder } = await prepareFolder(options.dataDir, log);
  const binaries = await findBinaries(account, copiesFolder);
  const cluster = await ensureCluster({ folder, account, binaries, volatile, log });

  for (let attempt = 1; ; attempt++) {
    const running = await findRunningServer(cluster);
    if (running !== null) {
      log(`using the PostgreSQL that already runs on ${folder}`);
      return { url: urlOf(cluster, running.port), adopted: true, folder, stop: async () => undefined };
    }
    const launch = await launchServer({ cluster, account, binaries, volatile, settings, log });
    if (launch.kind === 'ready') {
      log(
        `PostgreSQL ${binaries.majorVersion} listens on 127.0.0.1:${launch.port}, its files are in ${folder}`,
      );
      return { url: urlOf(cluster, launch.port), adopted: false, folder, stop: launch.stop };
    }
    if (attempt === MAX_ATTEMPTS) throw new Error(`The embedded PostgreSQL did not start.\n${launch.reason}`);
    await sleep(RETRY_PAUSE_MS);
  }
}

// What passes by itself: the port was taken meanwhile, another process was faster, or children of a killed
// server still hold its shared memory (they leave within about half a second).
const MAX_ATTEMPTS = 5;
const RETRY_PAUSE_MS = 400;

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { MAIN } from './built.ts';
import { LatchkeyProcess, PROCESS_SETTINGS } from './latchkey-process.ts';
import { newSecrets } from './secrets.ts';

/** Latchkey as a process, and the Postgres server that it alone uses. Set before the hooks of its file run. */
export class OwnPostgres {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'latchkey-own-'));
  /** Tests may stop it, and start it again. */
  postgres!: EmbeddedPostgres;
  latchkey!: LatchkeyProcess;
  url = '';
}

interface Options {
  /** Of the server, that differ from those of the tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of Latchkey. */
  readonly env?: Readonly<Record<string, string>>;
}

export function useOwnPostgres({ settings = {}, env = {} }: Options = {}): OwnPostgres {
  const own = new OwnPostgres();
  beforeAll(async () => {
    own.postgres = await startEmbeddedPostgres({ dataDir: own.dataDir, volatile: true, settings });
    own.latchkey = new LatchkeyProcess(MAIN, {
      ...PROCESS_SETTINGS,
      DATABASE_URL: own.postgres.url,
      ...newSecrets(),
      // On a busy machine a hash may take long, and a request must not be refused for it.
      HASH_QUEUE_SECONDS: '30',
      MAX_SESSIONS_PER_USER: '100',
      ...env,
    });
    own.url = await own.latchkey.serving();
  });
  afterAll(async () => {
    await own.latchkey?.kill();
    await own.postgres?.stop();
    for (const folder of [own.postgres?.folder ?? own.dataDir, own.dataDir])
      rmSync(folder, { recursive: true, force: true });
  });
  return own;
}

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { SecretStore } from './secret-store.ts';
import { fileSecretStore } from './secret-store.ts';

/** Properties and files of the machine that the configuration depends on. */
export interface Machine {
  readonly inContainer: boolean;
  readonly cores: number;
  /** @throws the system's error if the file cannot be read. */
  readonly readFile: (path: string) => string;
  readonly secretStore: (dataDir: string) => SecretStore;
}

export function thisMachine(): Machine {
  return {
    // Created by Docker and Podman.
    inContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    cores: availableParallelism(),
    readFile: (path) => readFileSync(path, 'utf8'),
    secretStore: (dataDir) => fileSecretStore(join(dataDir, 'secrets')),
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The compiled server as operators run it; `npm run build` first. Its log lines below "error" are not shown. */
export class BuiltServer {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(env: Readonly<Record<string, string>>): Promise<BuiltServer> {
    const server = spawn(process.execPath, ['dist/main.js'], {
      env: { ...process.env, ...env, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new BuiltServer(server, await served(server.stdout));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Sends SIGTERM, and resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    const [code] = await once(this.#process, 'exit');
    return code;
  }
}

/** The address in the log line that tells it. */
function served(output: Readable): Promise<string> {
  return new Promise((found) => {
    createInterface({ input: output }).on('line', (line) => {
      const { url } = JSON.parse(line) as { url?: string };
      if (url !== undefined) found(url.replace('/graphql', ''));
    });
  });
}

import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The compiled server as operators run it; `npm run build` first. Of its log lines only errors are shown. */
export class BuiltServer {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(env: Readonly<Record<string, string>>): Promise<BuiltServer> {
    const server = spawn(process.execPath, ['--enable-source-maps', 'dist/main.js'], {
      env: { ...process.env, ...env, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new BuiltServer(server, await served(server));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves with the exit code. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    this.#process.kill(signal);
    const [code] = await once(this.#process, 'exit');
    return code;
  }
}

/**
 * The address in the log line that tells it.
 *
 * @throws {Error} if the server ends before, as one does that was built before the latest migration.
 */
function served(server: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  return new Promise((found, reject) => {
    server.once('exit', (code, signal) =>
      reject(
        new Error(`the built server has ended with ${code ?? signal}: run npm run build, then this again`),
      ),
    );
    createInterface({ input: server.stdout }).on('line', (line) => {
      const { level, url } = JSON.parse(line) as { level: string; url?: string };
      if (level === 'error' || level === 'fatal') console.error(line);
      if (url !== undefined) found(url.replace('/graphql', ''));
    });
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Timeline } from './timeline.ts';

interface Options {
  readonly index: number;
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeline: Timeline;
}

/** A Latchkey server in a process of its own, which faults stop, freeze and start again on the same port. */
export class Instance {
  readonly index: number;
  readonly #options: Options;
  #process: ChildProcess | null = null;
  #isExpectedToEnd = false;

  constructor(options: Options) {
    this.index = options.index;
    this.#options = options;
  }

  /** Resolves once it serves. */
  async start(): Promise<void> {
    const { program, env } = this.#options;
    const server = spawn(process.execPath, ['--enable-source-maps', program], {
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = server;
    this.#isExpectedToEnd = false;
    server.once('exit', (code, signal) => {
      if (!this.#isExpectedToEnd) this.#report(`it has ended with ${code ?? signal}`);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('exit', () => reject(new Error(`instance ${this.index} has ended before it served`)));
      createInterface({ input: server.stdout }).on('line', (line) => {
        const { level, msg, url, err } = JSON.parse(line);
        if (url !== undefined) resolve();
        if (level === 'error' || level === 'fatal') this.#report(`${msg} ${err?.message ?? ''}`.trim());
      });
    });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** Ends it, and resolves once it has ended. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const server = this.#process;
    if (server === null) return;
    this.#process = null;
    this.#isExpectedToEnd = true;
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGCONT');
    server.kill(signal);
    const [code] = await exit;
    if (signal === 'SIGTERM' && code !== 0) this.#report(`it has ended with ${code} after SIGTERM`);
  }

  #report(what: string): void {
    this.#options.timeline.incidents.push({ instance: this.index, at: this.#options.timeline.now(), what });
  }
}

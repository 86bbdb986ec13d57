import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process gets so long to stop by itself, in milliseconds. */
const STOPS_WITHIN_MS = 10_000;

/** A process of the graph: a Node.js program whose output is shown with its name before each line. */
export class Part {
  readonly name: string;
  /** Resolves with its exit code, or with the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(line: string) => void>();

  constructor(name: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.name = name;
    // In a process group of its own, or Ctrl-C would reach it too, and stop Latchkey before the gateway.
    const detached = process.platform !== 'win32';
    this.#child = spawn(process.execPath, args, { ...options, detached, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = once(this.#child, 'close').then(([code, signal]) => code ?? signal);
    for (const input of [this.#child.stdout, this.#child.stderr]) {
      if (input !== null) createInterface({ input }).on('line', (line) => this.#hear(line));
    }
  }

  /** What `pattern` captures in its output; rejects when it ends without saying so. */
  async says(pattern: RegExp): Promise<string> {
    const said = new Promise<string>((resolve) => {
      this.#listeners.add((line) => {
        const match = pattern.exec(line);
        if (match !== null) resolve(match[1] ?? match[0]);
      });
    });
    const ended = this.ended.then((code) => {
      throw new Error(`${this.name} ended with ${code} before it served.`);
    });
    return Promise.race([said, ended]);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const tooLong = setTimeout(() => this.#child.kill('SIGKILL'), STOPS_WITHIN_MS);
    await this.ended;
    clearTimeout(tooLong);
  }

  #hear(line: string): void {
    console.log(`${this.name.padEnd(7)} | ${line}`);
    for (const listener of this.#listeners) listener(line);
  }
}

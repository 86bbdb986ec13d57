import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/** Latchkey as operators run it. */
export const NPM_START = ['npm', 'start'] as const;

/** Settings of a process: any port, cheap hashes. */
export const PROCESS_SETTINGS = {
  NODE_ENV: 'test',
  PORT: '0',
  HOST: '127.0.0.1',
  BCRYPT_COST: '4',
  HASH_WORKERS: '1',
} as const;

const REPOSITORY = join(__dirname, '..', '..');

/** A program of this repository, running on its own. */
export class LatchkeyProcess {
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
  #output = '';
  readonly #waiting = new Set<() => void>();

  /** `env` is all that it sees of the environment, beside where programs are. Without input (null) its input stays open. */
  constructor(command: readonly string[], env: Readonly<Record<string, string>>, input: string | null = '') {
    const [program = '', ...args] = command;
    const { PATH = '', HOME = '' } = process.env;
    // A process group of its own, so that `kill` takes npm and what npm started.
    this.child = spawn(program, args, { cwd: REPOSITORY, env: { PATH, HOME, ...env }, detached: true });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        for (const look of this.#waiting) look();
      });
    }
    if (input !== null) this.child.stdin?.end(input);
    this.exit = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
  }

  /** All that it has written so far, on both of its outputs. */
  get output(): string {
    return this.#output;
  }

  /** What `pattern` captures in the output, once it is there; fails when the process ends without it. */
  async waitFor(pattern: RegExp): Promise<string> {
    let look = () => {};
    const found = new Promise<string>((resolve) => {
      look = () => {
        const match = pattern.exec(this.#output);
        if (match !== null) resolve(match[1] ?? match[0]);
      };
    });
    this.#waiting.add(look);
    look();
    const ended = this.exit.then((code) => {
      throw new Error(`ended with ${code} before ${pattern} was seen:\n${this.#output}`);
    });
    try {
      return await Promise.race([found, ended]);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** Where it serves, once it does. */
  serving(): Promise<string> {
    return this.waitFor(/"url":"(http:[^"]+)\/graphql"/);
  }

  /** Ends it by force, with whatever it started; does nothing to one that has ended. */
  async kill(): Promise<void> {
    try {
      process.kill(-(this.child.pid ?? Number.NaN), 'SIGKILL');
    } catch {
      // Gone already.
    }
    await this.exit;
  }
}

/** Resolves once there is no process of this id any more. */
export async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise(setImmediate);
  }
}

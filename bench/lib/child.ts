import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A program of the benchmark in a process of its own: it says `{ url }` once it serves, and answers messages. */
export class Child {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(program: URL, env: Readonly<Record<string, string>>): Promise<Child> {
    const child = fork(program, { execArgv: ['--import', 'tsx'], env: { ...process.env, ...env } });
    const { url } = await message<{ url: string }>(child);
    return new Child(child, url);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async ask<Answer>(question: string): Promise<Answer> {
    this.#process.send(question);
    return message(this.#process);
  }

  async stop(): Promise<void> {
    this.#process.send('stop');
    await once(this.#process, 'exit');
  }
}

async function message<T>(child: ChildProcess): Promise<T> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const [received] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`a program of the benchmark has exited with ${code}`);
      }),
    ]);
    return received as T;
  } finally {
    settled.abort();
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Email } from 'postal-mime';
import { eventually } from './eventually.ts';

/** A message that the server has taken. */
export interface ReceivedMail extends Email {
  readonly envelope: { readonly from: string; readonly to: readonly string[]; readonly dsn: object };
  readonly raw: string;
}

/** A mail server on loopback, in a process that tests kill and freeze. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  #port = 0;
  #child: ChildProcess | null = null;

  get url(): string {
    return `smtp://127.0.0.1:${this.#port}`;
  }

  /** Starts it, again on the same port. */
  async start(delayMs = 0): Promise<void> {
    const env = { PATH: process.env['PATH'], PORT: String(this.#port), DELAY_MS: String(delayMs) };
    const child = spawn(process.execPath, [join(__dirname, 'mail-server.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const isListening = new Promise<void>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = JSON.parse(line);
        if (message.port === undefined) {
          this.received.push(message);
          return;
        }
        this.#port = message.port;
        resolve();
      });
    });
    await isListening;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** The messages to an address, once there are so many. */
  async to(address: string, count = 1): Promise<ReceivedMail[]> {
    const found = () => this.received.filter(({ envelope }) => envelope.to.includes(address));
    await eventually(async () => found().length >= count);
    return found();
  }
}

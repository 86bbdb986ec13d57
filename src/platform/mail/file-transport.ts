import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { Mailbox, MailTransport, OutgoingMail } from '../../core/mail.ts';

/** Messages beyond this number are deleted, oldest first. */
const MAX_MESSAGES = 200;

/** Writes messages into a folder, each as a text and an HTML file, for machines without a mail server. */
export class FileTransport implements MailTransport {
  readonly destination: string;
  readonly #folder: string;
  readonly #from: Mailbox;
  readonly #clock: Clock;

  constructor({
    folder,
    from,
    clock,
  }: { readonly folder: string; readonly from: Mailbox; readonly clock: Clock }) {
    this.destination = folder;
    this.#folder = folder;
    this.#from = from;
    this.#clock = clock;
  }

  async check(): Promise<void> {
    await this.#openFolder();
    await access(this.#folder, constants.W_OK);
  }

  async send({ id, to, subject, text, html }: OutgoingMail): Promise<{ kind: 'sent' }> {
    await this.#openFolder();
    const { name, address } = this.#from;
    const sentAt = this.#clock.now().toISOString();
    // Names in order of time; a message that is sent again replaces none.
    const file = `${sentAt.replaceAll(':', '-')}-${id}`;
    await this.#place(`${file}.html`, html);
    await this.#place(
      `${file}.txt`,
      `Date: ${sentAt}\nFrom: ${name} <${address}>\nTo: ${to}\nSubject: ${subject}\n\n${text}`,
    );
    await this.#deleteOldest();
    return { kind: 'sent' };
  }

  async #openFolder(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Renamed once complete, so that a reader never sees a part. */
  async #place(name: string, content: string): Promise<void> {
    const path = join(this.#folder, name);
    await writeFile(`${path}.new`, content, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async #deleteOldest(): Promise<void> {
    const files = (await readdir(this.#folder)).sort();
    for (const name of files.slice(0, -2 * MAX_MESSAGES)) await rm(join(this.#folder, name), { force: true });
  }
}

/** The text of the latest messages in a folder, newest first. */
export async function latestMessageFiles(folder: string, count: number): Promise<string[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const latest = files
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .slice(-count)
    .reverse();
  return Promise.all(latest.map((name) => readFile(join(folder, name), 'utf8')));
}

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** A password, typed unseen at a terminal, or the first line of standard input. Never an argument: those show in `ps`. */
export async function readPassword(prompt: string): Promise<string> {
  const { stdin: input, stdout } = process;
  if (input.isTTY) stdout.write(prompt);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: unseen, terminal: input.isTTY });
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
    if (input.isTTY) stdout.write('\n');
  }
}

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { OperatorError } from '../core/operator-error.ts';

interface Terminal {
  readonly stdin: Pick<ReadStream, 'isTTY'> & NodeJS.ReadableStream;
  readonly stdout: Pick<WriteStream, 'write'>;
}

/**
 * A new password, typed twice and unseen at a terminal, or the first line of standard input. Never an argument: those show
 * in `ps`.
 *
 * @throws {OperatorError} when the two differ, or none is given.
 */
export async function readNewPassword({ stdin: input, stdout }: Terminal = process): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  // One reader for both lines: it may be handed both at once.
  const reader = createInterface({ input, output: unseen, terminal: input.isTTY });
  const lines = reader[Symbol.asyncIterator]();
  try {
    const password = await ask('Password: ');
    if (input.isTTY && (await ask('The same again: ')) !== password)
      throw new OperatorError('The two passwords differ: nothing was changed.');
    return password;
  } finally {
    reader.close();
  }

  async function ask(prompt: string): Promise<string> {
    if (input.isTTY) stdout.write(prompt);
    const { value, done } = await lines.next();
    if (input.isTTY) stdout.write('\n');
    if (done === true) throw new OperatorError('No password was given: nothing was changed.');
    return value;
  }
}

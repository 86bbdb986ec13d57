import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { OperatorError } from '../core/operator-error.ts';

interface Terminal {
  readonly stdin: Pick<ReadStream, 'isTTY'> & NodeJS.ReadableStream;
  readonly stdout: Pick<WriteStream, 'write'>;
}

/**
 * Reads a new password: typed twice at a terminal, without echo, or the first line of standard input. Not an argument,
 * since `ps` shows arguments.
 *
 * @throws {OperatorError} if the two differ or none is given.
 */
export async function readNewPassword({ stdin: input, stdout }: Terminal = process): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  // One reader for both lines, since both may arrive in one chunk.
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

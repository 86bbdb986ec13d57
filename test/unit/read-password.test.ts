import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { readNewPassword } from '../../src/platform/read-password.ts';

function terminal(isTTY: boolean) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const output: string[] = [];
  const stdout = { write: (text: string | Uint8Array) => output.push(String(text)) > 0 };
  return { stdin, stdout, shown: () => output.join('') };
}

describe('a new password', () => {
  test('is typed twice at a terminal, and not shown', async () => {
    const tty = terminal(true);
    tty.stdin.write('a long walk\ra long walk\r');
    expect(await readNewPassword(tty)).toBe('a long walk');
    expect(tty.shown()).toBe('Password: \nThe same again: \n');
  });

  test('is refused where the two differ', async () => {
    const tty = terminal(true);
    tty.stdin.write('a long walk\ra long talk\r');
    await expect(readNewPassword(tty)).rejects.toThrow('The two passwords differ');
  });

  test.each(['\u0003', '\u0004'])('is none where the terminal says %j', async (key) => {
    const tty = terminal(true);
    tty.stdin.write(key);
    await expect(readNewPassword(tty)).rejects.toThrow('No password was given');
  });

  test('is the first line of any other input, without a prompt', async () => {
    const pipe = terminal(false);
    pipe.stdin.end('a long walk\nignored\n');
    expect(await readNewPassword(pipe)).toBe('a long walk');
    expect(pipe.shown()).toBe('');
  });

  test('is none where the input is empty', async () => {
    const pipe = terminal(false);
    pipe.stdin.end();
    await expect(readNewPassword(pipe)).rejects.toThrow('No password was given');
  });
});

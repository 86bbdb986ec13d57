import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

// An interactive zsh takes `#` for an ordinary word, so that what follows it reaches the command as arguments.

const files = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n');

const blocks = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    file,
    language,
    text: text ?? '',
    begins: text?.slice(0, 60).split('\n')[0],
  })),
);

describe('the commands in the documentation paste into any shell', () => {
  test('they are found', () => {
    expect(files).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'bench/README.md']));
    expect(new Set(blocks.map(({ file }) => file)).size).toBeGreaterThanOrEqual(3);
  });

  test.each(blocks)('$file: $begins', ({ language, text }) => {
    expect(language).toBe('sh');
    expect(text.split('\n').filter((line) => /(^|\s)#/.test(line))).toEqual([]);
    // Placeholders such as `…` are no values.
    expect(text).not.toMatch(/=…/);
    execFileSync('sh', ['-n'], { input: text });
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { MAIN } from '../support/built.ts';

/** The files of the bundle that a start reads: `main.js` and what it imports, at any depth. */
function filesOfStart(
  path: string = MAIN[1],
  found = new Map<string, string>(),
): ReadonlyMap<string, string> {
  if (found.has(path)) return found;
  const text = readFileSync(path, 'utf8');
  found.set(path, text);
  for (const [, name = ''] of text.matchAll(/(?:\bfrom|\bimport)"(\.\/[^"]+\.js)"/g))
    filesOfStart(join(dirname(path), name), found);
  return found;
}

/** Where the source map says that the text `marker` of the bundle comes from. */
function sourceOf(marker: string): string | undefined {
  const [[path, text] = ['', '']] = [...filesOfStart()].filter(([, text]) => text.includes(marker));
  const before = text.slice(0, text.indexOf(marker)).split('\n');
  const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')));
  const entry = map.findEntry(before.length - 1, before.at(-1)?.length ?? 0);
  return 'originalSource' in entry ? entry.originalSource : undefined;
}

test('a start reads no text with a character outside Latin-1, which would take twice the memory', () => {
  const files = filesOfStart();
  expect(files.size).toBeGreaterThan(1);
  const outside = [...files.values()].flatMap((text) => text.match(/[^\0-\xff]/g) ?? []);
  expect(outside).toEqual([]);
});

test('a start reads neither the template engine, nor the mail client, nor that of Redis', () => {
  const texts = [...filesOfStart().values()].join('\n');
  expect(texts).toContain('a message could not be sent yet');
  // Texts of liquidjs, nodemailer and ioredis.
  for (const text of ['undefined filter: ', 'Greeting never received', 'MaxRetriesPerRequestError'])
    expect(texts).not.toContain(text);
});

test('the build carries the pages, and a start reads nothing of what serves them', () => {
  for (const file of [
    'console/index.html',
    'console/main.js',
    'playground/index.html',
    'playground/main.js',
    'playground/latchkey/main.js',
  ])
    expect(existsSync(join(dirname(MAIN[1]), file))).toBe(true);
  // Of make-page.ts, which needs packages for development.
  expect([...filesOfStart().values()].join('\n')).not.toContain('must make exactly one file');
});

test('a stack leads to our sources', () => {
  expect(sourceOf('a message could not be sent yet')).toMatch(/src\/modules\/mail\/mail-sender\.ts$/);
  // Of TypeORM, which the map leaves out.
  expect(sourceOf('CannotConnectAlreadyConnectedError')).toBeUndefined();
});

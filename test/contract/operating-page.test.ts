import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { commands } from '../../src/commands/index.ts';

test('the page for operators lists every command, and no other', () => {
  const page = readFileSync('docs/operating.md', 'utf8');
  const table = page.slice(page.indexOf('## Commands'), page.indexOf('## Backup'));
  const listed = [...table.matchAll(/^\| (.*?) \|/gm)]
    .flatMap(([, names = '']) => [...names.matchAll(/`([a-z-]+)[^`]*`/g)].map(([, name]) => name))
    .filter((name) => !['up', 'down', 'status'].includes(name ?? ''));
  const names = commands.map((create) => create(async () => undefined).name());
  expect(listed.toSorted()).toEqual(names.toSorted());
});

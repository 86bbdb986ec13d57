import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { commands } from '../../src/commands/index.ts';

test('the page for operators lists every command, and no other', () => {
  const page = readFileSync('docs/operating.md', 'utf8');
  const table = page.slice(page.indexOf('## Commands'), page.indexOf('## Backup'));
  const cells = [...table.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell);
  const listed = cells.flatMap((cell) => [...cell.matchAll(/`([a-z -]+)`/g)].map(([, name = '']) => name));
  const names = commands.flatMap((create) => {
    const command = create(async () => undefined);
    const [first, ...others] = command.commands.map((sub) => sub.name());
    return first === undefined ? [command.name()] : [`${command.name()} ${first}`, ...others];
  });
  expect(listed.toSorted()).toEqual(names.toSorted());
});

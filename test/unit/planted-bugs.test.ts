import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { plantedBugs } from '../faults/planted-bugs.ts';

const REPOSITORY = join(__dirname, '..', '..');
const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

test.each(plantedBugs.map((bug) => [bug.what, bug] as const))(
  'the bug "%s" can be planted: its text occurs once, and its test is there',
  (_what, { file, find, replace, test: finder }) => {
    expect(read(file).split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
    if ('file' in finder) expect(existsSync(join(REPOSITORY, `test/${finder.file}.test.ts`))).toBe(true);
  },
);

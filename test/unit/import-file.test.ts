import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { FileRecord } from '../../src/core/file-record.ts';
import { ImportFile, type ImportFormat } from '../../src/platform/import-file/import-file.ts';
import { RecordSplitter } from '../../src/platform/import-file/split-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

const COLUMNS = { known: ['email', 'name', 'roles'], required: ['email'] };

async function read(format: ImportFormat, content: string | Buffer, batchSize = 100): Promise<FileRecord[]> {
  const path = join(folder, 'users');
  writeFileSync(path, content);
  const { signal } = new AbortController();
  const file = new ImportFile(path, { format, columns: COLUMNS, batchSize, signal });
  const batches: (readonly FileRecord[])[] = [];
  for await (const batch of file.batches()) batches.push(batch);
  expect(batches.every(({ length }, index) => length === batchSize || index === batches.length - 1)).toBe(
    true,
  );
  expect(file.bytesRead).toBe(file.size);
  return batches.flat();
}

const record = (line: number, value: unknown) => ({ kind: 'record', line, value });
const refused = (line: number, reason: string) => ({
  kind: 'refused',
  line,
  reason: expect.stringContaining(reason),
});

describe('JSON lines', () => {
  test('may begin with a byte order mark, end in CR LF or nothing, and leave lines empty', async () => {
    expect(await read('jsonl', '\ufeff{"a":1}\r\n\r\n{"a":"\\ufeff"}\n   \n{"a":3}')).toEqual([
      record(1, { a: 1 }),
      record(3, { a: '\ufeff' }),
      record(5, { a: 3 }),
    ]);
  });

  test('that cannot be read are refused in their place, without a word of them, and the rest is read', async () => {
    const long = `{"a":"${'x'.repeat(65_536)}"}`;
    const content = ['[1', Buffer.from([0x22, 0xff, 0x22]), long, '{"a":4}', long.slice(0, -9)].map(
      (line) => [line, '\n'],
    );
    const records = await read('jsonl', Buffer.concat(content.flat().map((part) => Buffer.from(part))), 2);
    expect(records).toEqual([
      refused(1, 'not JSON'),
      refused(2, 'not UTF-8'),
      refused(3, 'longer than 65536 bytes'),
      record(4, { a: 4 }),
      refused(5, 'not JSON'),
    ]);
  });
});

describe('CSV', () => {
  test('has quoted commas, quotes and line breaks; empty fields are none; lines are those of the file', async () => {
    const csv =
      '\ufeffemail,roles,name\r\na@x.org,"user,admin","An ""A"""\r\nb@x.org,,\r\n\r\nc@x.org,user,"two\r\nlines"\r\nd@x.org,,"é\u2028"';
    expect(await read('csv', csv, 3)).toEqual([
      record(2, { email: 'a@x.org', roles: 'user,admin', name: 'An "A"' }),
      record(3, { email: 'b@x.org' }),
      record(5, { email: 'c@x.org', roles: 'user', name: 'two\r\nlines' }),
      record(7, { email: 'd@x.org', name: 'é\u2028' }),
    ]);
  });

  test('with wrong quotes, or fields too many or too few, is refused line by line', async () => {
    const lines = [
      'email,name',
      'a@x.org',
      'b"c,d',
      '"e"f,g',
      'h@x.org,',
      'i,j,k',
      '"l ""m",n',
      'o@x.org,p"',
      '"q,r\ns',
    ];
    expect(await read('csv', lines.join('\n'))).toEqual([
      refused(2, '1 fields instead of 2'),
      refused(3, 'quotes'),
      refused(4, 'quotes'),
      record(5, { email: 'h@x.org' }),
      refused(6, '3 fields instead of 2'),
      record(7, { email: 'l "m', name: 'n' }),
      refused(8, 'quotes'),
      refused(9, 'quotes'),
    ]);
  });

  test('makes no records of the lines of a field that is too long', async () => {
    const field = `${'x'.repeat(40_000)}\nevil@x.org,admin\n${'x'.repeat(40_000)}`;
    expect(await read('csv', `email,name\na@x.org,"${field}"\nb@x.org,c\n`)).toEqual([
      refused(2, 'on the lines 2 to 4'),
      record(5, { email: 'b@x.org', name: 'c' }),
    ]);
    expect(await read('csv', `email,name\na@x.org,"${field}`)).toEqual([refused(2, 'on the lines 2 to 4')]);
  });

  test.each([
    ['unknown columns', 'email,password\n', 'Unknown columns: password. The first line'],
    ['columns that are only known to objects', 'email,__proto__\n', 'Unknown columns: __proto__.'],
    [
      'values in its header',
      `email,\u202ea@x.org,${'0123456789'.repeat(5)},$2b$10$x\n`,
      'Unknown columns: number 2, number 3, number 4.',
    ],
    ['no e-mail addresses', 'name\n', 'Missing columns: email.'],
    ['a column twice', 'email,name,name\n', 'given twice'],
    ['wrong quotes in its header', '"\n', 'No column is known.'],
    [
      'values in place of a header',
      'admin,5f4dcc3b5aa765d61d8327deb882cf99\n',
      /^No column is known\. The first line of a CSV file names its columns: email, name, roles\.$/,
    ],
  ])('with %s is not begun', async (_what, content, message) => {
    await expect(read('csv', content)).rejects.toThrow(message);
  });
});

test.each([true, false])('records are the same wherever the file is cut (CSV: %s)', (quotes) => {
  const bytes = Buffer.from('é,"a""b\r\n"\r\n"",x\n\n"c ""\n"\nd,"e\nlast"');
  const split = (parts: readonly Buffer[]) => {
    const splitter = new RecordSplitter({ quotes });
    return [...parts.flatMap((part) => [...splitter.split(part)]), ...splitter.finish()];
  };
  const whole = split([bytes]);
  const texts = whole.map((each) => (each.kind === 'text' ? each.text : each.reason));
  expect(texts).toEqual(
    quotes
      ? ['é,"a""b\r\n"', '"",x', '"c ""\n"', 'd,"e\nlast"']
      : ['é,"a""b', '"', '"",x', '"c ""', '"', 'd,"e', 'last"'],
  );
  for (let at = 1; at < bytes.length; at += 1)
    expect(split([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
});

import { parse } from 'csv-parse/sync';
import type { FileRecord } from '../../core/file-record.ts';
import { OperatorError } from '../../core/operator-error.ts';
import { refusedAt, type TextRecord } from './split-records.ts';

export interface Columns {
  readonly known: readonly string[];
  readonly required: readonly string[];
}

/** Other names are not printed. */
const COLUMN_NAME = /^\w{1,40}$/;

/**
 * The columns that the first record of a CSV file names.
 *
 * @throws {OperatorError} if one is unknown, missing or given twice.
 */
export function parseHeader({ text }: TextRecord, { known, required }: Columns): readonly string[] {
  const [fields] = fieldsOf(text) ?? [];
  const names = (fields ?? []).map((name) => name.trim());
  const expected = `The first line of a CSV file names its columns: ${known.join(', ')}.`;
  // A file without a header begins with a person, perhaps with a hash: nothing of that may be printed, in CI logs for example.
  if (!names.some((name) => known.includes(name))) throw new OperatorError(`No column is known. ${expected}`);
  const unknown = names.flatMap((name, index) =>
    known.includes(name) ? [] : [COLUMN_NAME.test(name) ? name : `number ${index + 1}`],
  );
  if (unknown.length > 0)
    throw new OperatorError(`Unknown columns: ${unknown.join(', ').slice(0, 200)}. ${expected}`);
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new OperatorError(`Missing columns: ${missing.join(', ')}. ${expected}`);
  if (new Set(names).size < names.length) throw new OperatorError('A column is given twice.');
  return names;
}

/** Parses records of CSV; empty fields are left out. */
export function parseCsv(records: readonly TextRecord[], header: readonly string[]): FileRecord[] {
  // Together, which takes a tenth of the time; one by one if any is wrong.
  const together = fieldsOf(records.map(({ text }) => text).join('\n'));
  return records.map((record, index) => {
    const { line, text } = record;
    const fields = together?.length === records.length ? together[index] : fieldsOf(text)?.[0];
    if (fields === undefined) return refusedAt(line, 'The quotes of the record are not as in RFC 4180.');
    if (fields.length !== header.length)
      return refusedAt(line, `The record has ${fields.length} fields instead of ${header.length}.`);
    const given = header.map((name, column) => [name, fields[column]] as const);
    return { kind: 'record', line, value: Object.fromEntries(given.filter(([, field]) => field !== '')) };
  });
}

/** Null if the quotes are wrong. */
function fieldsOf(text: string): string[][] | null {
  try {
    return parse(text, { relax_column_count: true, record_delimiter: ['\n', '\r\n'] });
  } catch {
    return null;
  }
}

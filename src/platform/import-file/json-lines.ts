import type { FileRecord } from '../../core/file-record.ts';
import { refusedAt, type TextRecord } from './split-records.ts';

/** Parses a line of JSON. */
export function parseJsonLine({ line, text }: TextRecord): FileRecord {
  try {
    return { kind: 'record', line, value: JSON.parse(text) };
  } catch {
    // The message of the error would quote the line.
    return refusedAt(line, 'The line is not JSON.');
  }
}

import { createReadStream, fstatSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { FileRecord, RefusedRecord } from '../../core/file-record.ts';
import { OperatorError } from '../../core/operator-error.ts';
import { type Columns, parseCsv, parseHeader } from './csv.ts';
import { parseJsonLine } from './json-lines.ts';
import { RecordSplitter, type TextRecord } from './split-records.ts';

export type ImportFormat = 'csv' | 'jsonl';

interface Options {
  readonly format: ImportFormat;
  readonly columns: Columns;
  readonly batchSize: number;
  readonly signal: AbortSignal;
}

/** A file of records, read once, from the start to the end, and no faster than its batches are taken. */
export class ImportFile {
  /** In bytes; null for a pipe. */
  readonly size: number | null;
  readonly #stream: Readable;
  readonly #options: Options;
  #bytesRead = 0;

  /**
   * `-` is standard input. When the signal is aborted, reading throws.
   *
   * @throws {OperatorError} if the file cannot be read.
   */
  constructor(path: string, options: Options) {
    this.#options = options;
    const { signal } = options;
    if (path === '-') {
      this.size = null;
      this.#stream = process.stdin;
      signal.addEventListener('abort', () => process.stdin.destroy(signal.reason));
    } else {
      const { fd, size } = opened(path);
      this.size = size;
      this.#stream = createReadStream(path, { fd, signal });
    }
    // A failure before the first read is thrown by it.
    this.#stream.on('error', () => undefined);
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** @throws {OperatorError} if the header of a CSV file is not as it should be. */
  async *batches(): AsyncGenerator<readonly FileRecord[]> {
    const { batchSize, columns, format } = this.#options;
    let header: readonly string[] | null = null;
    let batch: (TextRecord | RefusedRecord)[] = [];
    for await (const record of this.#records()) {
      if (format === 'csv' && header === null) {
        if (record.kind === 'refused') throw new OperatorError(record.reason);
        header = parseHeader(record, columns);
        continue;
      }
      batch.push(record);
      if (batch.length < batchSize) continue;
      yield parsed(batch, header);
      batch = [];
    }
    if (batch.length > 0) yield parsed(batch, header);
  }

  async *#records(): AsyncGenerator<TextRecord | RefusedRecord> {
    const splitter = new RecordSplitter({ quotes: this.#options.format === 'csv' });
    for await (const bytes of this.#stream as AsyncIterable<Buffer>) {
      this.#bytesRead += bytes.length;
      yield* splitter.split(bytes);
    }
    yield* splitter.finish();
  }
}

/** With the header of CSV; without one, lines of JSON. */
function parsed(
  batch: readonly (TextRecord | RefusedRecord)[],
  header: readonly string[] | null,
): readonly FileRecord[] {
  const texts = batch.filter((record) => record.kind === 'text');
  const records = header === null ? texts.map(parseJsonLine) : parseCsv(texts, header);
  const refused = batch.filter((record) => record.kind === 'refused');
  return [...records, ...refused].sort((one, other) => one.line - other.line);
}

function opened(path: string): { readonly fd: number; readonly size: number | null } {
  try {
    const fd = openSync(path, 'r');
    const found = fstatSync(fd);
    if (found.isDirectory()) throw new Error('it is a folder');
    return { fd, size: found.isFile() ? found.size : null };
  } catch (error) {
    throw new OperatorError(`Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

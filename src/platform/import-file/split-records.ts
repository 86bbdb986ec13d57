import type { RefusedRecord } from '../../core/file-record.ts';

/** A record as text, without its line break. */
export interface TextRecord {
  readonly kind: 'text';
  readonly line: number;
  readonly text: string;
}

const MAX_RECORD_BYTES = 65_536;
const [LINE_FEED, CARRIAGE_RETURN, QUOTE, COMMA] = [0x0a, 0x0d, 0x22, 0x2c];
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Splits bytes into records: lines or, with `quotes`, those of CSV, whose quoted fields may contain line breaks (RFC 4180).
 * Empty lines are skipped. A record that is too long or not UTF-8 is refused, and what follows it is read: memory stays bounded
 * whatever the file is. A quote that is never closed takes the rest of the file along: to go on at the next line would make
 * records of what somebody wrote into a long field.
 */
export class RecordSplitter {
  readonly #quotes: boolean;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #parts: Buffer[] = [];
  #length = 0;
  /** The line that is read, and the one on which the record began. */
  #line = 1;
  #startedAt = 1;
  #inQuotes = false;
  #wasClosed = false;
  #atFieldStart = true;
  #isTooLong = false;

  constructor({ quotes }: { readonly quotes: boolean }) {
    this.#quotes = quotes;
  }

  /** The records that end in `bytes`. */
  *split(bytes: Buffer): Generator<TextRecord | RefusedRecord> {
    let start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (this.#quotes) this.#noteQuote(byte);
      if (byte !== LINE_FEED) continue;
      this.#line += 1;
      if (this.#inQuotes) continue;
      this.#keep(bytes.subarray(start, at));
      start = at + 1;
      yield* this.#end();
    }
    this.#keep(bytes.subarray(start));
  }

  /** The last record, if no line break ends it. */
  finish(): Generator<TextRecord | RefusedRecord> {
    this.#line += 1;
    return this.#end();
  }

  #noteQuote(byte: number | undefined): void {
    // Elsewhere than at the start of a field a quote opens nothing. One that follows a closing quote is part of the field.
    if (byte === QUOTE) this.#inQuotes = this.#inQuotes ? false : this.#atFieldStart || this.#wasClosed;
    this.#wasClosed = byte === QUOTE && !this.#inQuotes;
    this.#atFieldStart = !this.#inQuotes && (byte === COMMA || byte === LINE_FEED);
  }

  #keep(part: Buffer): void {
    if (this.#isTooLong || this.#length + part.length > MAX_RECORD_BYTES) {
      this.#isTooLong = true;
      this.#parts.length = 0;
      this.#length = 0;
    } else if (part.length > 0) {
      this.#parts.push(part);
      this.#length += part.length;
    }
  }

  *#end(): Generator<TextRecord | RefusedRecord> {
    const [line, last, isTooLong] = [this.#startedAt, this.#line - 1, this.#isTooLong];
    const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#parts.length = 0;
    this.#length = 0;
    this.#startedAt = this.#line;
    this.#isTooLong = this.#inQuotes = this.#wasClosed = false;
    this.#atFieldStart = true;
    if (isTooLong) yield refusedAt(line, tooLong(line, last));
    else if (bytes.length > 0) yield* this.#decoded(line, bytes);
  }

  *#decoded(line: number, bytes: Buffer): Generator<TextRecord | RefusedRecord> {
    try {
      const end = bytes.at(-1) === CARRIAGE_RETURN ? -1 : bytes.length;
      const decoded = this.#decoder.decode(bytes.subarray(0, end));
      const text = line === 1 && decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
      if (text.trim() !== '') yield { kind: 'text', line, text };
    } catch {
      yield refusedAt(line, 'The line is not UTF-8.');
    }
  }
}

export const refusedAt = (line: number, reason: string): RefusedRecord => ({ kind: 'refused', line, reason });

function tooLong(first: number, last: number): string {
  const limit = `longer than ${MAX_RECORD_BYTES} bytes`;
  return last > first
    ? `The record on the lines ${first} to ${last} is ${limit}: a quote may not be closed.`
    : `The line is ${limit}.`;
}

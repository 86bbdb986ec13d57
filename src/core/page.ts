import { badUserInput } from './errors.ts';
import { type Id, parseId } from './ids.ts';

/** Position in a list ordered by time, newest first, then by id. */
export interface Position {
  readonly at: Date;
  readonly id: string;
}

/** A page to read: `first` entries after position `after`, or from the start. */
export interface PageRequest {
  readonly first: number;
  readonly after: Position | null;
}

const MAX_PAGE_SIZE = 100;
/** A time and a UUID take at most 70 characters in Base64. Longer cursors are not decoded. */
const MAX_CURSOR_LENGTH = 100;

/** @throws {PublicError} BAD_USER_INPUT for a size outside 1 to 100 or an invalid cursor. */
export function parsePageRequest(args: { first: number; after?: string | null | undefined }): PageRequest {
  if (args.first < 1 || args.first > MAX_PAGE_SIZE)
    throw badUserInput(`first must be 1 to ${MAX_PAGE_SIZE}.`);
  return { first: args.first, after: args.after == null ? null : parseCursor(args.after) };
}

export function toCursor({ at, id }: Position): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString('base64url');
}

function parseCursor(cursor: string): Position {
  const text = cursor.length > MAX_CURSOR_LENGTH ? '' : Buffer.from(cursor, 'base64url').toString();
  const [milliseconds = '', rawId] = text.split(' ');
  const id = parseId<Id<'Entry'>>(rawId);
  const at = new Date(/^\d{1,15}$/.test(milliseconds) ? Number(milliseconds) : Number.NaN);
  if (id === null || Number.isNaN(at.getTime())) throw badUserInput('after is not a cursor of this list.');
  return { at, id };
}

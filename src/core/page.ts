import { badUserInput } from './errors.ts';
import { type Id, parseId } from './ids.ts';

/** A place in a list that is ordered by time, newest first, then by id. */
export interface Position {
  readonly at: Date;
  readonly id: string;
}

/** The part of a list to read: `first` entries behind `after`. */
export interface PageRequest {
  readonly first: number;
  readonly after: Position | null;
}

const MAX_PAGE_SIZE = 100;
/** A time and a UUID in Base64 have 70 at most. What is longer is not decoded. */
const MAX_CURSOR_LENGTH = 100;

/** @throws {PublicError} BAD_USER_INPUT for a size out of 1 to 100, or a cursor that is none of ours. */
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

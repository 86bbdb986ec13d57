import type { IdempotencyKey } from '../graphql/request/context.ts';

/**
 * Printable ASCII, in one header. Long enough that nobody guesses one: a UUID is. It is opaque, quotes and all, although the draft
 * has a quoted string: clients write both.
 */
const KEY = /^[\x20-\x7e]{16,255}$/;

/** The key of the header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). */
export function parseIdempotencyKey([header, ...more]: readonly string[]): IdempotencyKey {
  // Routers forward an empty header in place of none.
  if (header === undefined || header === '') return { kind: 'none' };
  return more.length === 0 && KEY.test(header) ? { kind: 'key', key: header } : { kind: 'malformed' };
}

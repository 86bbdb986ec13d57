/**
 * The bytes of `text`, or null unless `text` is their one canonical spelling (RFC 4648 §5, no padding).
 * Node's decoder skips what it does not know and ignores spare bits: one token would have many spellings.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

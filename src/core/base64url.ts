/**
 * Decodes base64url; null unless `text` is the canonical encoding (RFC 4648 §5, no padding). Node's decoder skips
 * unknown characters and ignores spare bits, so that one token would have many spellings.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

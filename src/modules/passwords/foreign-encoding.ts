/** The bytes of base64 without padding; null if it is not canonical: another text would be the same bytes. */
export function decodeBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  // A copy: small buffers are views of a pool, which would be cloned whole for the hashing thread.
  return bytes.toString('base64').replace(/=+$/, '') === text ? new Uint8Array(bytes) : null;
}

export function isOfLength(bytes: Uint8Array | null, least: number, most: number): bytes is Uint8Array {
  return bytes !== null && bytes.length >= least && bytes.length <= most;
}

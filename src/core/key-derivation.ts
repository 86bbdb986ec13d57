/** A password hash of another system that is the key that PBKDF2 or scrypt derives from the password. */
export type KeyDerivation = Pbkdf2Derivation | ScryptDerivation;

interface DerivedKey {
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

/** RFC 8018, section 5.2. */
export interface Pbkdf2Derivation extends DerivedKey {
  readonly kind: 'pbkdf2';
  readonly digest: 'sha1' | 'sha256' | 'sha512';
  readonly iterations: number;
}

/** RFC 7914. */
export interface ScryptDerivation extends DerivedKey {
  readonly kind: 'scrypt';
  /** Binary logarithm of N. */
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  /** Firebase's variant: `key` is this, encrypted with the derived key. Null: `key` is the derived key. */
  readonly signerKey: Uint8Array | null;
}

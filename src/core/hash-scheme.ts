/** The algorithm and parameters of a password hash. */
export type HashScheme = BcryptScheme | Argon2idScheme;

export type HashAlgorithm = HashScheme['kind'];

export interface BcryptScheme {
  readonly kind: 'bcrypt';
  /** Binary logarithm of the rounds; each step doubles the work. */
  readonly cost: number;
}

/** Argon2id (RFC 9106) of version 19, with one lane. Its work is memory times passes. */
export interface Argon2idScheme {
  readonly kind: 'argon2id';
  readonly memoryKib: number;
  readonly passes: number;
}

export type InvalidFieldCode =
  | 'REQUIRED'
  | 'TOO_SHORT'
  | 'TOO_LONG'
  | 'MALFORMED'
  | 'TOO_COMMON'
  | 'UNKNOWN_SCOPE'
  | 'SCOPE_NOT_GRANTABLE'
  | 'OUT_OF_RANGE';

/** One thing that is wrong with an input, addressed by its path within that input. */
export interface InvalidField {
  readonly path: readonly string[];
  readonly code: InvalidFieldCode;
  readonly message: string;
}

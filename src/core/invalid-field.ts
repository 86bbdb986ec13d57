export type InvalidFieldCode =
  | 'REQUIRED'
  | 'TOO_SHORT'
  | 'TOO_LONG'
  | 'MALFORMED'
  | 'TOO_COMMON'
  | 'UNKNOWN_SCOPE'
  | 'SCOPE_NOT_GRANTABLE'
  | 'UNKNOWN_ROLE'
  | 'OUT_OF_RANGE';

/** A validation error of an input field; `path` is the field's path within the input. */
export interface InvalidField {
  readonly path: readonly string[];
  readonly code: InvalidFieldCode;
  readonly message: string;
}

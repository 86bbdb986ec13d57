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

/** The outcome of a use case that refuses its input, with all invalid fields. */
export interface InvalidInput {
  readonly kind: 'invalid_input';
  readonly fields: readonly InvalidField[];
}

/** A failure that the operator can mend: its message says what to do, and is shown without a stack. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}

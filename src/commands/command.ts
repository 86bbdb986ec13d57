import type { Config } from '../config/config.ts';
import type { InvalidField } from '../core/invalid-field.ts';
import { OperatorError } from '../core/operator-error.ts';
import type { Logger } from '../core/ports.ts';

/** One command of the operator. */
export interface Command {
  /** Its arguments, as the help shows them. */
  readonly usage: string;
  /** One line in the list of commands. */
  readonly summary: string;
  /** What else its own help says. */
  readonly details: string;
  /**
   * Parses its arguments, before anything is read or opened.
   *
   * @throws {UsageError}
   */
  parse(args: string[]): Run;
}

/** @throws {CommandError} where nothing was changed. */
export type Run = (config: Config, logger: Logger) => Promise<void>;

/** Wrong arguments: the usage is shown beside the message. */
export class UsageError extends OperatorError {}

/** A command changed nothing, for a reason that the operator can mend. */
export class CommandError extends OperatorError {}

export function invalidInput(fields: readonly InvalidField[]): CommandError {
  return new CommandError(fields.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
}

import type { Config } from '../config/config.ts';
import type { InvalidField } from '../core/invalid-field.ts';
import { OperatorError } from '../core/operator-error.ts';
import type { Logger } from '../core/ports.ts';

/** A command of the CLI, for the operator. */
export interface Command {
  /** Its arguments, for the help. */
  readonly usage: string;
  /** One line in the list of commands. */
  readonly summary: string;
  /** The rest of its own help. */
  readonly details: string;
  /**
   * Parses its arguments, before the configuration is read and the database opened.
   *
   * @throws {UsageError}
   */
  parse(args: string[]): Run;
}

/** @throws {CommandError} if nothing was changed. */
export type Run = (config: Config, logger: Logger) => Promise<void>;

/** Invalid arguments. The usage is printed after the message. */
export class UsageError extends OperatorError {}

/** The command changed nothing, for a reason that the operator can fix. */
export class CommandError extends OperatorError {}

export function accountNotFound(): CommandError {
  return new CommandError('Account not found.');
}

export function invalidInput(fields: readonly InvalidField[]): CommandError {
  return new CommandError(fields.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
}

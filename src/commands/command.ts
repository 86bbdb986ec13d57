import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Config } from '../config/config.ts';
import type { InvalidField } from '../core/invalid-field.ts';
import { OperatorError } from '../core/operator-error.ts';
import type { Logger } from '../core/ports.ts';

/** Reads the configuration, and runs the work of a command. Arguments are parsed before, so that help needs no configuration. */
export type Run = (work: (config: Config, logger: Logger) => Promise<void>) => Promise<void>;

/** Creates a command of the CLI. Its action calls `run` with a use case of a module. */
export type CommandFactory = (run: Run) => CommandUnknownOpts;

/** The command changed nothing, for a reason that the operator can fix. */
export class CommandError extends OperatorError {}

/** The argument by which commands find an account. */
export const IDENTIFIER = ['<identifier>', 'e-mail address or username'] as const;

/** The values of an option such as `--roles user,admin`. */
export const commaSeparated = (text: string) => text.split(',').filter(Boolean);

export function accountNotFound(): CommandError {
  return new CommandError('Account not found.');
}

export function notUnique(kind: 'email_taken' | 'username_taken'): CommandError {
  return new CommandError(
    kind === 'email_taken'
      ? 'An account with this e-mail address exists already.'
      : 'This username is taken.',
  );
}

export function unknownRole(role: string): CommandError {
  return new CommandError(`Unknown role ${role}. Roles are defined in the setting ROLES.`);
}

export function lastAdministrator(): CommandError {
  return new CommandError(
    'This is the last active administrator. Give another user the role before, or run create-admin.',
  );
}

export function invalidInput(fields: readonly InvalidField[]): CommandError {
  return new CommandError(fields.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
}

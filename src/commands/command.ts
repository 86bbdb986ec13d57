import { type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings';
import type { Config } from '../config/config.ts';
import type { InvalidField } from '../core/invalid-field.ts';
import { OperatorError } from '../core/operator-error.ts';
import type { Logger } from '../core/ports.ts';

/** Reads the configuration, and runs the work of a command. Arguments are parsed before, so that help needs no configuration. */
export type Run = (work: (config: Config, logger: Logger) => Promise<void>) => Promise<void>;

/** Creates a command of the CLI. Its action calls `run` with a use case of a module. */
export type CommandFactory = (run: Run) => CommandUnknownOpts;

/** The argument by which commands find an account. */
export const IDENTIFIER = ['<identifier>', 'e-mail address, username or id'] as const;

/** The value of an option that is a number from 1 to `most`. */
export const wholeNumber = (most: number) => (text: string) => {
  const number = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= most)) throw new InvalidArgumentError(`It must be a number from 1 to ${most}.`);
  return number;
};

export function accountNotFound(): OperatorError {
  return new OperatorError('Account not found.');
}

export function notUnique(kind: 'email_taken' | 'username_taken'): OperatorError {
  return new OperatorError(
    kind === 'email_taken'
      ? 'An account with this e-mail address already exists.'
      : 'This username is taken.',
  );
}

export function unknownRole(role: string): OperatorError {
  return new OperatorError(`Unknown role ${role}. Roles are defined in the setting ROLES.`);
}

export function lastAdministrator(): OperatorError {
  return new OperatorError(
    'This is the last active administrator. Give another user the role first, or run create-admin.',
  );
}

export function invalidInput(fields: readonly InvalidField[]): OperatorError {
  return new OperatorError(fields.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
}

import { withParts } from '../app/app.ts';
import { passwordAdministration } from '../app/features/passwords.ts';
import { readNewPassword } from '../platform/read-password.ts';
import { type Command, CommandError, invalidInput, UsageError } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const createAdmin: Command = {
  usage: '--email <address> [--username <name>]',
  summary: 'create an account with the roles user and admin',
  details:
    'The password is asked for twice on a terminal; otherwise it is the first line of standard input.\n' +
    'A server may be running.',
  parse(args) {
    const { email, username } = parseOptions(args, ['email', 'username']).options;
    if (email === undefined) throw new UsageError('create-admin needs --email');
    return async (config, logger) => {
      const password = await readNewPassword();
      const outcome = await withParts(config, logger, (parts) =>
        parts.get(passwordAdministration).createAdministrator({ email, username, password }),
      );
      switch (outcome.kind) {
        case 'registered':
          console.log(`${outcome.user.email} is an administrator now.`);
          return;
        case 'email_taken':
          throw new CommandError('An account with this e-mail address exists already.');
        case 'username_taken':
          throw new CommandError('This username is taken.');
        case 'invalid_input':
          throw invalidInput(outcome.fields);
        default:
          return outcome satisfies never;
      }
    };
  },
};

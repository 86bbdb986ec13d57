import { withParts } from '../app/app.ts';
import { passwordAdministration } from '../app/features/passwords.ts';
import { type Command, CommandError, invalidInput, UsageError } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const invite: Command = {
  usage: '--email <address> [--username <name>] [--roles <a,b>]',
  summary: 'create an account whose owner chooses the password by a message',
  details: 'A running server sends the message. Its link is valid for 24 hours. Without --roles: user.',
  parse(args) {
    const { email, username, roles = 'user' } = parseOptions(args, ['email', 'username', 'roles']).options;
    if (email === undefined) throw new UsageError('invite needs --email');
    const names = roles.split(',').filter(Boolean);
    return async (config, logger) => {
      const outcome = await withParts(config, logger, (parts) =>
        parts.get(passwordAdministration).invite({ email, username }, names),
      );
      switch (outcome.kind) {
        case 'registered':
          console.log(`${outcome.user.email} gets a message.`);
          return;
        case 'email_taken':
          throw new CommandError('An account with this e-mail address exists already.');
        case 'username_taken':
          throw new CommandError('This username is taken.');
        case 'unknown_role':
          throw new CommandError(`Unknown role ${outcome.role}. Roles are defined in the setting ROLES.`);
        case 'invalid_input':
          throw invalidInput(outcome.fields);
        default:
          return outcome satisfies never;
      }
    };
  },
};

import { withParts } from '../app/app.ts';
import { passwordAdministration } from '../app/features/passwords.ts';
import { readNewPassword } from '../platform/read-password.ts';
import { accountNotFound, type Command, invalidInput, UsageError } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const setPassword: Command = {
  usage: '<e-mail address or username>',
  summary: "set a user's password, and end all that others could hold",
  details:
    'The password is asked for twice on a terminal; otherwise it is the first line of standard input.\n' +
    'Sessions and locks end, and links in messages; personal access tokens too, unless PASSWORD_RESET_REVOKES_TOKENS is false.\n' +
    'The user gets a message. A server may be running.',
  parse(args) {
    const [identifier] = parseOptions(args, [], 1).positionals;
    if (identifier === undefined) throw new UsageError('set-password needs an e-mail address or a username');
    return async (config, logger) => {
      const password = await readNewPassword();
      const outcome = await withParts(config, logger, (parts) =>
        parts.get(passwordAdministration).setPassword(identifier, password),
      );
      switch (outcome.kind) {
        case 'set':
          console.log(
            `${outcome.user.email} has a new password. Sessions ended: ${outcome.terminatedSessionCount}.`,
          );
          return;
        case 'not_found':
          throw accountNotFound();
        case 'invalid_input':
          throw invalidInput(outcome.fields);
        default:
          return outcome satisfies never;
      }
    };
  },
};

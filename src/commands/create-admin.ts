import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { passwordAdministration } from '../app/features/passwords.ts';
import { readNewPassword } from '../platform/read-password.ts';
import { invalidInput, notUnique, type Run } from './command.ts';

export const createAdmin = (run: Run) =>
  new Command('create-admin')
    .summary('create an account with the roles user and admin')
    .description(
      'Creates an account with the roles user and admin. The password is asked for twice on a terminal; otherwise it is the first ' +
        'line of standard input.',
    )
    .requiredOption('--email <address>', 'e-mail address of the account')
    .option('--username <name>', 'username of the account')
    .action(({ email, username }) =>
      run(async (config, logger) => {
        const password = await readNewPassword();
        const outcome = await withParts(config, logger, (parts) =>
          parts.get(passwordAdministration).createAdministrator({ email, username, password }),
        );
        switch (outcome.kind) {
          case 'registered':
            console.log(`${outcome.user.email} is an administrator now.`);
            return;
          case 'email_taken':
          case 'username_taken':
            throw notUnique(outcome.kind);
          case 'invalid_input':
            throw invalidInput(outcome.fields);
          default:
            return outcome satisfies never;
        }
      }),
    );

import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { passwordAdministration } from '../app/features/passwords.ts';
import { commaSeparated } from '../core/comma-separated.ts';
import { invalidInput, notUnique, type Run, unknownRole } from './command.ts';

export const invite = (run: Run) =>
  new Command('invite')
    .summary('create an account whose owner chooses the password by a message')
    .description(
      'Creates an account whose owner chooses the password by a message, which a running server sends. Its link is valid for 24 hours.',
    )
    .requiredOption('--email <address>', 'e-mail address of the account')
    .option('--username <name>', 'username of the account')
    .option('--roles <a,b>', 'roles of the account', commaSeparated, ['user'])
    .action(({ email, username, roles }) =>
      run(async (config, logger) => {
        const outcome = await withParts(config, logger, (parts) =>
          parts.get(passwordAdministration).invite({ email, username }, roles),
        );
        switch (outcome.kind) {
          case 'registered':
            console.log(`${outcome.user.email} gets a message.`);
            return;
          case 'email_taken':
          case 'username_taken':
            throw notUnique(outcome.kind);
          case 'unknown_role':
            throw unknownRole(outcome.role);
          case 'invalid_input':
            throw invalidInput(outcome.fields);
          default:
            return outcome satisfies never;
        }
      }),
    );

import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { passwordAdministration } from '../app/features/passwords.ts';
import { readNewPassword } from '../platform/read-password.ts';
import { accountNotFound, IDENTIFIER, invalidInput, type Run } from './command.ts';

export const setPassword = (run: Run) =>
  new Command('set-password')
    .summary("set a user's password, and end all that others could hold")
    .description(
      "Sets a user's password, which is asked for twice on a terminal; otherwise it is the first line of standard input. Sessions, " +
        'locks and links in messages end; personal access tokens too, unless PASSWORD_RESET_REVOKES_TOKENS is false. The user gets a ' +
        'message.',
    )
    .argument(...IDENTIFIER)
    .action((identifier) =>
      run(async (config, logger) => {
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
      }),
    );

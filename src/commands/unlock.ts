import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { accountLocks } from '../app/features/passwords.ts';
import { accountNotFound, IDENTIFIER, type Run } from './command.ts';

export const unlock = (run: Run) =>
  new Command('unlock')
    .summary("end the locks of a user's account")
    .description(
      "Ends the locks of a user's account: wrong passwords lock it for a while (LOCKOUT_FAILURES, LOCKOUT_MINUTES).",
    )
    .argument(...IDENTIFIER)
    .action((identifier) =>
      run(async (config, logger) => {
        const outcome = await withParts(config, logger, (parts) =>
          parts.get(accountLocks).unlockByOperator(identifier),
        );
        switch (outcome.kind) {
          case 'unlocked':
            console.log(`${outcome.user.email} is not locked any more.`);
            return;
          case 'not_found':
            throw accountNotFound();
          default:
            return outcome satisfies never;
        }
      }),
    );

import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { userAdministration } from '../app/features/administration.ts';
import { accountNotFound, IDENTIFIER, type Run } from './command.ts';

export const terminateSessions = (run: Run) =>
  new Command('terminate-sessions')
    .summary("end a user's sessions")
    .description("Ends all of a user's sessions. Personal access tokens stay.")
    .argument(...IDENTIFIER)
    .action((identifier) =>
      run(async (config, logger) => {
        const outcome = await withParts(config, logger, (parts) =>
          parts.get(userAdministration).terminateSessions(identifier),
        );
        switch (outcome.kind) {
          case 'terminated':
            console.log(`Sessions of ${outcome.user.email} ended: ${outcome.count}.`);
            return;
          case 'not_found':
            throw accountNotFound();
          default:
            return outcome satisfies never;
        }
      }),
    );

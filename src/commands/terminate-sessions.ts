import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { userAdministration } from '../app/features/administration.ts';
import { sessionService } from '../app/features/sessions.ts';
import { accountNotFound, IDENTIFIER, type Run } from './command.ts';

export const terminateSessions = (run: Run) =>
  new Command('terminate-sessions')
    .summary("end a user's sessions, or everybody's")
    .description("Ends all of a user's sessions or, with --all, everybody's. Personal access tokens stay.")
    .argument(IDENTIFIER[0].replace('<', '[').replace('>', ']'), IDENTIFIER[1])
    .option('--all', "end everybody's sessions")
    .action((identifier, { all = false }, command) => {
      if ((identifier === undefined) !== all)
        return command.error('error: give either the identifier of a user or --all');
      return run((config, logger) =>
        withParts(config, logger, async (parts) => {
          if (identifier === undefined) {
            console.log(`Sessions ended: ${await parts.get(sessionService).endAllOfEverybody()}.`);
            return;
          }
          const outcome = await parts.get(userAdministration).terminateSessions(identifier);
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
    });

import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { userAdministration } from '../app/features/administration.ts';
import { sessionService } from '../app/features/sessions.ts';
import { system } from '../core/actor.ts';
import { accountNotFound, IDENTIFIER, type Run } from './command.ts';

export const terminateSessions = (run: Run) =>
  new Command('terminate-sessions')
    .summary("end a user's sessions")
    .description("Ends all of a user's sessions. Personal access tokens stay. A server may be running.")
    .argument(...IDENTIFIER)
    .action((identifier) =>
      run(async (config, logger) => {
        const { user, ended } = await withParts(config, logger, async (parts) => {
          const user = await parts.get(userAdministration).find(identifier);
          if (user === null) throw accountNotFound();
          const ended = await parts
            .get(sessionService)
            .endAllOf(system, user.id, 'TERMINATED_BY_ADMIN', null);
          return { user, ended };
        });
        console.log(`Sessions of ${user.email} ended: ${ended.length}.`);
      }),
    );

import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { userAdministration } from '../app/features/administration.ts';
import { commaSeparated } from '../core/comma-separated.ts';
import { accountNotFound, IDENTIFIER, lastAdministrator, type Run, unknownRole } from './command.ts';

export const setRoles = (run: Run) =>
  new Command('set-roles')
    .summary("replace a user's roles")
    .description(
      "Replaces a user's roles. Access tokens issued before are revoked; clients refresh. The setting ROLES defines roles.",
    )
    .argument(...IDENTIFIER)
    .requiredOption('--roles <a,b>', 'all roles that the user has from now on', commaSeparated)
    .action((identifier, { roles }) =>
      run(async (config, logger) => {
        const outcome = await withParts(config, logger, (parts) =>
          parts.get(userAdministration).changeRoles(identifier, roles),
        );
        switch (outcome.kind) {
          case 'updated':
            console.log(
              `${outcome.user.email} has the roles ${outcome.user.roles.join(', ') || '(none)'} now.`,
            );
            return;
          case 'not_found':
            throw accountNotFound();
          case 'unknown_role':
            throw unknownRole(outcome.role);
          case 'last_administrator':
            throw lastAdministrator();
          default:
            return outcome satisfies never;
        }
      }),
    );

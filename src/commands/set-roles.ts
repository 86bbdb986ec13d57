import { withParts } from '../app/app.ts';
import { userAdministration } from '../app/features/users.ts';
import { accountNotFound, type Command, CommandError, UsageError } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const setRoles: Command = {
  usage: '--email <address> --roles <a,b>',
  summary: "replace a user's roles",
  details: 'Access tokens issued before are revoked; clients refresh. The setting ROLES defines roles.',
  parse(args) {
    const { email, roles } = parseOptions(args, ['email', 'roles']).options;
    if (email === undefined || roles === undefined)
      throw new UsageError('set-roles needs --email and --roles');
    const names = roles.split(',').filter(Boolean);
    return async (config, logger) => {
      const outcome = await withParts(config, logger, (parts) =>
        parts.get(userAdministration).changeRoles(email, names),
      );
      switch (outcome.kind) {
        case 'changed':
          console.log(`${outcome.user.email} has the roles ${outcome.user.roles.join(', ')} now.`);
          return;
        case 'not_found':
          throw accountNotFound();
        case 'unknown_role':
          throw new CommandError(`Unknown role ${outcome.role}. Roles are defined in the setting ROLES.`);
        default:
          return outcome satisfies never;
      }
    };
  },
};

import { withParts } from '../app/app.ts';
import { changeRoles } from '../app/features/users.ts';
import { type Command, CommandError, UsageError } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const setRoles: Command = {
  usage: '--email <address> --roles <a,b>',
  summary: 'give a user these roles and no others',
  details: 'Access tokens that were issued before are refused from then on; clients refresh. See ROLES.',
  parse(args) {
    const { email, roles } = parseOptions(args, ['email', 'roles']).options;
    if (email === undefined || roles === undefined)
      throw new UsageError('set-roles needs --email and --roles');
    const names = roles.split(',').filter(Boolean);
    return async (config, logger) => {
      const outcome = await withParts(config, logger, (parts) => parts.get(changeRoles)(email, names));
      switch (outcome.kind) {
        case 'changed':
          console.log(`${outcome.user.email} has the roles ${outcome.user.roles.join(', ')} now.`);
          return;
        case 'not_found':
          throw new CommandError('There is no such account.');
        case 'unknown_role':
          throw new CommandError(`There is no role ${outcome.role}: see ROLES.`);
        default:
          return outcome satisfies never;
      }
    };
  },
};

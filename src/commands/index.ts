import type { Command } from './command.ts';
import { createAdmin } from './create-admin.ts';
import { invite } from './invite.ts';
import { limits } from './limits.ts';
import { mail } from './mail.ts';
import { migrate } from './migrate.ts';
import { setPassword } from './set-password.ts';
import { setRoles } from './set-roles.ts';
import { unlock } from './unlock.ts';

/** Every command by name, in the order of the help. */
export const commands: Readonly<Record<string, Command>> = {
  migrate,
  'create-admin': createAdmin,
  invite,
  'set-password': setPassword,
  'set-roles': setRoles,
  unlock,
  mail,
  limits,
};

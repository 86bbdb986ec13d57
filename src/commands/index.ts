import { audit } from './audit.ts';
import { checkConfig } from './check-config.ts';
import { cleanup } from './cleanup.ts';
import type { CommandFactory } from './command.ts';
import { createAdmin } from './create-admin.ts';
import { exportUser } from './export-user.ts';
import { importUsers } from './import-users.ts';
import { invite } from './invite.ts';
import { limits } from './limits.ts';
import { mail } from './mail.ts';
import { mailBounced } from './mail-bounced.ts';
import { migrate } from './migrate.ts';
import {
  createClient,
  disableClient,
  enableClient,
  listClients,
  rotateClientSecret,
} from './service-clients.ts';
import { setPassword } from './set-password.ts';
import { setRoles } from './set-roles.ts';
import { terminateSessions } from './terminate-sessions.ts';
import { unlock } from './unlock.ts';
import { users } from './users.ts';

/** Every command, in the order of the help. */
export const commands: readonly CommandFactory[] = [
  checkConfig,
  migrate,
  createAdmin,
  invite,
  setPassword,
  setRoles,
  users,
  unlock,
  terminateSessions,
  createClient,
  listClients,
  rotateClientSecret,
  disableClient,
  enableClient,
  exportUser,
  audit,
  cleanup,
  importUsers,
  mail,
  mailBounced,
  limits,
];

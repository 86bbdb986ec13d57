import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withParts, withStorage } from './app/app.ts';
import { createAdministrator } from './app/features/passwords.ts';
import { changeRoles } from './app/features/users.ts';
import { type Config, ConfigError, loadConfig } from './config/config.ts';
import { createLogger } from './platform/logger.ts';
import { readPassword } from './platform/read-password.ts';
import { ForeignSecretsError } from './platform/secret-fingerprints.ts';

const USAGE = `Usage: npm run cli -- <command>

  migrate                                              apply the migrations that are missing
  create-admin --email <address> [--username <name>]   make an administrator; the password is asked for,
                                                       or read from standard input
  set-roles --email <address> --roles <a,b>            give a user these roles and no others
`;

/** A command's words are wrong: the operator gets the usage beside the message. */
class UsageError extends Error {}

/** A command did nothing, for a reason that its operator can mend. */
class CommandError extends Error {}

const commands: Readonly<Record<string, (config: Config, args: string[]) => Promise<void>>> = {
  migrate: async (config) => {
    await withStorage({ ...config, migrateOnStart: true }, logger(config), async () => undefined);
    console.log('The database is up to date.');
  },

  'create-admin': async (config, args) => {
    const { email, username } = options(args);
    if (email === undefined) throw new UsageError('create-admin needs --email');
    const password = await readPassword('Password: ');
    const outcome = await withParts(config, logger(config), (parts) =>
      parts.get(createAdministrator)({ email, username, password }),
    );
    switch (outcome.kind) {
      case 'registered':
        console.log(`${outcome.user.email} is an administrator now.`);
        return;
      case 'email_taken':
        throw new CommandError('There is an account with this e-mail address already.');
      case 'username_taken':
        throw new CommandError('This username is taken.');
      case 'invalid_input':
        throw new CommandError(
          outcome.fields.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
        );
      default:
        return outcome satisfies never;
    }
  },

  'set-roles': async (config, args) => {
    const { email, roles } = options(args);
    if (email === undefined || roles === undefined)
      throw new UsageError('set-roles needs --email and --roles');
    const names = roles.split(',').filter(Boolean);
    const outcome = await withParts(config, logger(config), (parts) => parts.get(changeRoles)(email, names));
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
  },
};

function options(args: string[]): Partial<Record<'email' | 'username' | 'roles', string>> {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args, options: { email: text, username: text, roles: text } }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A command speaks for itself: only what went wrong on the way is logged beside it. */
function logger(config: Config) {
  return createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel);
}

const [name = '', ...args] = process.argv.slice(2);
try {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new UsageError(name === '' ? 'which command?' : `there is no command ${name}`);
  await command(loadConfig(), args);
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`);
  else if (
    error instanceof CommandError ||
    error instanceof ConfigError ||
    error instanceof ForeignSecretsError
  ) {
    console.error(error.message);
  } else console.error(error);
  process.exitCode = 1;
}

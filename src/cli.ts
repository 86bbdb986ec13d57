import { existsSync } from 'node:fs';
import { UsageError } from './commands/command.ts';
import { describeCommand, listCommands, usageOf } from './commands/help.ts';
import { commands } from './commands/index.ts';
import { loadConfig } from './config/config.ts';
import { OperatorError } from './core/operator-error.ts';
import { createLogger } from './platform/logger.ts';

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
const wantsHelp = [name, ...args].some((word) => word === '--help' || word === '-h');

try {
  if (wantsHelp || name === 'help') {
    console.log(command === undefined ? listCommands() : describeCommand(name, command));
  } else {
    if (command === undefined)
      throw new UsageError(name === '' ? 'a command is missing' : `there is no command ${name}`);
    const run = command.parse(args);
    if (existsSync('.env')) process.loadEnvFile('.env');
    const config = loadConfig();
    // A command prints its own result: only warnings and errors are logged.
    await run(config, createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel));
  }
} catch (error) {
  console.error(error instanceof OperatorError ? error.message : error);
  if (error instanceof UsageError)
    console.error(`\n${command === undefined ? listCommands() : usageOf(name, command)}`);
  process.exitCode = 1;
}

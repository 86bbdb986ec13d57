#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Run } from './commands/command.ts';
import { commands } from './commands/index.ts';
import { loadConfig } from './config/config.ts';
import { OperatorError } from './core/operator-error.ts';
import { createLogger } from './platform/logger.ts';

/** Exit codes besides 0: the command was refused or failed; its arguments are wrong. */
const [FAILED, WRONG_USAGE] = [1, 2];

const run: Run = async (work) => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = loadConfig();
  // A command prints its own result: only warnings and errors are logged.
  await work(config, createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel));
};

const program = new Command(import.meta.url.endsWith('.ts') ? 'npm run cli --' : 'latchkey')
  .description(
    'Commands for the operator of Latchkey. They work beside a running server, and read the same settings.',
  )
  .addHelpText(
    'after',
    `\nExit codes: 0 done, ${FAILED} refused or failed, ${WRONG_USAGE} wrong arguments; mail-bounced has its own.`,
  );

for (const create of commands) program.addCommand(create(run));
// Also in the commands that were added: they do not inherit it.
for (const command of everyCommand(program)) command.exitOverride().showHelpAfterError();

// `latchkey audit | head` ends early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed it.
    process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
  } else {
    console.error(error instanceof OperatorError ? error.message : error);
    // A command may have chosen another.
    process.exitCode ??= FAILED;
  }
}

function everyCommand(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

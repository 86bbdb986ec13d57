import type { Command } from './command.ts';
import { commands } from './index.ts';

const PROGRAM = 'npm run cli --';

/** Lists all commands. */
export function listCommands(): string {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `Usage: ${PROGRAM} <command>`,
    '',
    ...lines,
    '',
    `${PROGRAM} <command> --help shows details. In the image: node dist/cli.js <command>`,
  ].join('\n');
}

/** Usage and description of one command. */
export function describeCommand(name: string, command: Command): string {
  return [usageOf(name, command), '', sentence(command.summary), command.details].join('\n');
}

export function usageOf(name: string, { usage }: Command): string {
  return `Usage: ${PROGRAM} ${name} ${usage}`.trimEnd();
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

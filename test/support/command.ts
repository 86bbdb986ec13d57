import { CLI } from './built.ts';
import { LatchkeyProcess } from './latchkey-process.ts';

type Settings = Readonly<Record<string, string>>;

/** Settings of a command beside a server on this database, with its secrets. */
export const settingsBeside = (databaseUrl: string, secrets: Settings): Settings => ({
  NODE_ENV: 'test',
  BCRYPT_COST: '4',
  HASH_WORKERS: '1',
  DATABASE_URL: databaseUrl,
  ...secrets,
});

/** Starts a command of the built command line, which sees no settings but these. */
export function startCommand(args: readonly string[], settings: Settings = {}, input: string | null = '') {
  return new LatchkeyProcess([...CLI, ...args], settings, input);
}

/** As `startCommand`, and waits for its end. */
export async function runCommand(...given: Parameters<typeof startCommand>) {
  const command = startCommand(...given);
  return { code: await command.exit, output: command.output };
}

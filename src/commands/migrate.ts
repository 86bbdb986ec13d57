import { withStorage } from '../app/app.ts';
import type { Command } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const migrate: Command = {
  usage: '',
  summary: 'apply the migrations that are missing',
  details: 'A server does the same at its start, unless MIGRATE_ON_START is false.',
  parse(args) {
    parseOptions(args, []);
    return async (config, logger) => {
      await withStorage({ ...config, migrateOnStart: true }, logger, async () => undefined);
      console.log('The database is up to date.');
    };
  },
};

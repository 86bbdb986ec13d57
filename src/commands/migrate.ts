import { withStorage } from '../app/app.ts';
import type { Command } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const migrate: Command = {
  usage: '',
  summary: 'apply pending migrations',
  details: 'A server does this at start, unless MIGRATE_ON_START is false.',
  parse(args) {
    parseOptions(args, []);
    return async (config, logger) => {
      await withStorage({ ...config, migrateOnStart: true }, logger, async () => undefined);
      console.log('The database is up to date.');
    };
  },
};

import { Command } from '@commander-js/extra-typings';
import { createMigrations } from '../app/migrations.ts';
import type { Run } from './command.ts';

export const migrate = (run: Run) =>
  new Command('migrate')
    .summary('apply migrations of the database, revert the last one, or list them')
    .description(
      'Changes the schema of the database. A server applies pending migrations at start, unless MIGRATE_ON_START is false.',
    )
    .addCommand(
      new Command('up')
        .summary('apply pending migrations (the default)')
        .description('Applies pending migrations.')
        .action(() =>
          run(async (config, logger) => {
            for (const name of await createMigrations(config, logger).up()) console.log(`Applied ${name}.`);
            console.log('The database is up to date.');
          }),
        ),
      { isDefault: true },
    )
    .addCommand(
      new Command('down')
        .summary('revert the migration that was applied last')
        .description(
          'Reverts the migration that was applied last. Data in tables and columns that it had added is lost: back up before, and run ' +
            'the release that belongs to the schema afterwards.',
        )
        .action(() =>
          run(async (config, logger) => {
            const name = await createMigrations(config, logger).down();
            console.log(name === null ? 'There is nothing to revert.' : `Reverted ${name}.`);
          }),
        ),
    )
    .addCommand(
      new Command('status')
        .summary('list all migrations')
        .description('Lists all migrations, and whether each is applied.')
        .action(() =>
          run(async (config, logger) => {
            for (const { name, isApplied } of await createMigrations(config, logger).status())
              console.log(`${isApplied ? 'applied' : 'pending'}  ${name}`);
          }),
        ),
    );

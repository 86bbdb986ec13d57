import { Command } from '@commander-js/extra-typings';
import { checkConfiguration } from '../app/configuration-check.ts';
import { OperatorError } from '../core/operator-error.ts';
import type { Run } from './command.ts';

export const checkConfig = (run: Run) =>
  new Command('check-config')
    .summary('check the settings, and what they name')
    .description(
      'Checks all settings, and with them: the database, its migrations and secrets, Redis, the mail server and the templates of ' +
        'messages. Changes nothing. Exits with 1 if there is a problem; warnings do not count.',
    )
    .option('--offline', 'check the settings only, and connect to nothing')
    .action(({ offline = false }) =>
      run(async (config, logger) => {
        console.log('ok       all settings are valid');
        if (offline) return;
        let problems = 0;
        for await (const { kind, text } of checkConfiguration(config, logger)) {
          console.log(`${kind.padEnd(8)} ${text}`);
          if (kind === 'problem') problems += 1;
        }
        if (problems > 0) throw new OperatorError(`Problems: ${problems}.`);
      }),
    );

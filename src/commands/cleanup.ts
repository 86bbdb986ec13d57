import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { cleanup as cleanupPart } from '../app/features/cleanup.ts';
import type { Run } from './command.ts';

export const cleanup = (run: Run) =>
  new Command('cleanup')
    .summary('delete what is no longer needed')
    .description(
      'Deletes what is no longer needed, as a running server does every five minutes: old events of the audit log ' +
        '(AUDIT_RETENTION_DAYS), ended sessions (SESSION_RETENTION_DAYS), personal access tokens 90 days after their end, old messages ' +
        'and expired links. Prints how much of each.',
    )
    .action(() =>
      run(async (config, logger) => {
        const isDone = await withParts(config, logger, (parts) =>
          parts.get(cleanupPart).run((what, count) => console.log(`${what}: ${count}`)),
        );
        if (!isDone) console.log('Another process is cleaning up: the rest is left to it.');
      }),
    );

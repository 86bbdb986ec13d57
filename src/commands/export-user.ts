import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { exportPersonalData } from '../app/personal-data.ts';
import { escapeControls } from '../core/escape-controls.ts';
import { accountNotFound, IDENTIFIER, type Run } from './command.ts';

export const exportUser = (run: Run) =>
  new Command('export-user')
    .summary('print all that is stored about one person, as JSON')
    .description(
      'Prints all that is stored about one person as JSON, by table: the account, sessions, tokens, messages, counts of wrong ' +
        'passwords, and the audit log. Secrets, their digests and hashes of passwords are left out. The audit log says that it was ' +
        'exported.',
    )
    .argument(...IDENTIFIER)
    .action((identifier) =>
      run(async (config, logger) => {
        const exported = await withParts(config, logger, (parts) => exportPersonalData(parts, identifier));
        if (exported === null) throw accountNotFound();
        const lines = JSON.stringify(exported, null, 2).split('\n');
        console.log(lines.map(escapeControls).join('\n'));
      }),
    );

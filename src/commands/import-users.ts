import { resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { openUserFile, userImport } from '../app/features/user-import.ts';
import { OperatorError } from '../core/operator-error.ts';
import type { Run } from './command.ts';
import { createProgress } from './progress.ts';
import { openReport } from './refusal-report.ts';

const FORMATS = ['csv', 'jsonl'] as const;
const EXTENSIONS: Readonly<Record<string, (typeof FORMATS)[number]>> = {
  csv: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
};

export const importUsers = (run: Run) =>
  new Command('import-users')
    .summary('import users of another system, with their password hashes')
    .description(
      'Imports users of another system from a file of JSON lines, or of CSV with a header. Fields: email, username, name, passwordHash, ' +
        'emailVerified, roles, createdAt, id, disabled; docs/moving-in.md describes them. An account that has the e-mail address stays as ' +
        'it is, so after an interruption the import can be started again.',
    )
    .argument('<file>', 'file to read; - is standard input')
    .addOption(
      new Option('--format <name>', 'format of the file (default: by its extension)').choices(FORMATS),
    )
    .option('--dry-run', 'check every line, and write nothing')
    .option('--report <file>', 'list refused lines, with a reason each, in this file of JSON lines')
    .action((path, { format: chosen, dryRun: isDry = false, report: reportPath }, command) => {
      const format = chosen ?? EXTENSIONS[path.split('.').at(-1)?.toLowerCase() ?? ''];
      if (format === undefined)
        return command.error(
          "error: the file's extension does not tell its format: --format csv or --format jsonl",
        );
      if (reportPath !== undefined && resolve(reportPath) === resolve(path))
        return command.error('error: the report would replace the file');
      return run(async (config, logger) => {
        const interruption = new AbortController();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
        const file = openUserFile(path, format, interruption.signal);
        const report = await openReport(reportPath);
        let startedAt = performance.now();
        const total = { read: 0, created: 0, existing: 0, refused: 0 };
        const words = () => wordsOf(total, performance.now() - startedAt, isDry);
        const progress = createProgress(file.size);
        try {
          await withParts(config, logger, async (parts) => {
            startedAt = performance.now();
            for await (const batch of parts.get(userImport).run(file.batches(), { isDry })) {
              total.read += batch.read;
              total.created += batch.created;
              total.existing += batch.existing;
              total.refused += batch.refused.length;
              await report.add(batch.refused);
              progress.show(file.bytesRead, words());
            }
          });
        } catch (error) {
          throw interruption.signal.aborted
            ? new OperatorError('Interrupted. Start the same import again to finish it.')
            : error;
        } finally {
          progress.stop();
          await report.close();
          console.log(words());
        }
        if (total.refused > 0)
          throw new OperatorError(
            reportPath === undefined
              ? 'Refused lines were not imported.'
              : `Refused lines were not imported; ${reportPath} tells why.`,
          );
      });
    });

function wordsOf(
  { read, created, existing, refused }: Readonly<Record<'read' | 'created' | 'existing' | 'refused', number>>,
  milliseconds: number,
  isDry: boolean,
): string {
  const rate = Math.round((read * 1000) / milliseconds);
  return (
    `${read} lines read, ${created} users ${isDry ? 'would be created' : 'created'}, ${existing} exist already, ` +
    `${refused} refused; ${rate} lines a second.`
  );
}

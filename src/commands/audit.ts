import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { auditJson, auditLine, auditTrail } from '../app/features/audit.ts';
import { commaSeparated } from '../core/comma-separated.ts';
import { OperatorError } from '../core/operator-error.ts';
import { type Run, wholeNumber } from './command.ts';

const MAX_LIMIT = 100_000;

export const audit = (run: Run) =>
  new Command('audit')
    .summary('print events of the audit log')
    .description(
      'Prints the latest events of the audit log, the newest last, each on one line. Control characters are escaped. Times are in UTC. ' +
        'The types are listed in docs/events.md.',
    )
    .option(
      '--user <identifier>',
      'events about this account: e-mail address, username, or id, also of a deleted one',
    )
    .option('--actor <identifier>', 'events that this account caused')
    .option('--types <a,b>', 'events of these types', commaSeparated)
    .addOption(new Option('--outcome <outcome>', 'events of this outcome').choices(['success', 'failure']))
    .option(
      '--since <time>',
      'events at or after this time: 2026-01-31T09:30:00Z, or 30m, 24h or 7d ago',
      parseTime,
    )
    .option('--until <time>', 'events before this time', parseTime)
    .option('--limit <n>', 'how many at most', wholeNumber(MAX_LIMIT), 100)
    .option('--json', 'print each event as a JSON object')
    .action(({ user, actor, types, outcome, since, until, limit, json }) =>
      run(async (config, logger) => {
        const query = {
          subject: user ?? null,
          actor: actor ?? null,
          types: types ?? null,
          outcome: outcome === undefined ? null : (outcome.toUpperCase() as Uppercase<typeof outcome>),
          since: since ?? null,
          until: until ?? null,
        };
        const found = await withParts(config, logger, (parts) => parts.get(auditTrail).latest(query, limit));
        switch (found.kind) {
          case 'found':
            for (const event of found.events.toReversed()) console.log((json ? auditJson : auditLine)(event));
            return;
          case 'not_found':
            throw new OperatorError(`Account not found: ${found.identifier}`);
          case 'unknown_type':
            throw new OperatorError(
              `The audit log has no type ${found.type}. The types are listed in docs/events.md.`,
            );
          default:
            return found satisfies never;
        }
      }),
    );

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** RFC 3339, or a length of time before now. */
function parseTime(text: string): Date {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined)
    return new Date(Date.now() - Number(amount) * SECONDS[unit as keyof typeof SECONDS] * 1_000);
  const isFull = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const time = new Date(isFull ? text : Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('It must be a time such as 2026-01-31T09:30:00Z or 24h.');
  return time;
}

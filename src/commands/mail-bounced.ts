import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { type BounceOutcome, bounces } from '../app/features/mail.ts';
import type { Run } from './command.ts';
import { readInput } from './read-input.ts';

const MAX_BYTES = 2 ** 20;

/** sysexits.h: the mail server keeps the message, and tries again. */
const EX_TEMPFAIL = 75;

export const mailBounced = (run: Run) =>
  new Command('mail-bounced')
    .summary('note a bounce: a message that a mail server writes to standard input')
    .description(
      'Reads a delivery report from standard input, and notes a permanent failure at the message that it is about. For an alias of the ' +
        'mail server. Exits with 0 also if nothing changed, so that no bounce bounces; with 75 (EX_TEMPFAIL) if it is to be tried again.',
    )
    .action(async () => {
      process.exitCode = EX_TEMPFAIL;
      await run(async (config, logger) => {
        const message = await readInput(process.stdin, MAX_BYTES);
        if (message === null) {
          console.log('Refused: the message is larger than 1 MiB.');
          return;
        }
        const outcome = await withParts(config, logger, (parts) => parts.get(bounces).note(message));
        console.log(lineOf(outcome));
      });
      process.exitCode = 0;
    });

/** Quotes nothing from the report. */
function lineOf(outcome: BounceOutcome): string {
  switch (outcome.kind) {
    case 'bounced':
      return `Bounced: ${outcome.mail.kind} to ${outcome.mail.recipient}.`;
    case 'already_failed':
      return `Nothing changed: ${outcome.mail.kind} to ${outcome.mail.recipient} has failed before.`;
    case 'unknown_message':
      return 'Ignored: no message was found that the report is about.';
    case 'no_failure':
      return `Ignored: the report tells of no permanent failure (${outcome.actions.join(', ') || 'no recipient'}).`;
    case 'automatic_reply':
      return 'Ignored: it is an automatic reply, and no delivery report.';
    case 'no_report':
      return 'Ignored: it is no delivery report.';
    case 'unreadable':
      return 'Ignored: it has too many headers or parts.';
    default:
      return outcome satisfies never;
  }
}

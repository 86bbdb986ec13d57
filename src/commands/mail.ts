import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { latestMessages, mailStore } from '../app/features/mail.ts';
import type { Run } from './command.ts';

export const mail = (run: Run) =>
  new Command('mail')
    .summary('print the latest messages or, with SMTP_URL, what became of them')
    .description(
      'Prints the latest messages: without SMTP_URL, they are files in the folder mail of DATA_DIR. With SMTP_URL, prints what became ' +
        'of them. A running server sends them.',
    )
    .argument('[count]', 'how many (default: 1 or, with SMTP_URL, 20)', parseCount)
    .action((count) =>
      run(async (config, logger) => {
        if (config.mail.smtpUrl === null) {
          const messages = await latestMessages(config, count ?? 1);
          console.log(messages.length === 0 ? 'There are no messages.' : messages.reverse().join('\n\n'));
          return;
        }
        const mails = await withParts(config, logger, (parts) => parts.get(mailStore).latest(count ?? 20));
        for (const { createdAt, kind, recipient, sentAt, failedAt, attempts, failure } of mails.reverse()) {
          const unsent = failedAt === null ? `waiting, ${attempts} attempts` : 'failed';
          const state = sentAt === null ? unsent : failedAt === null ? 'sent' : 'bounced';
          const reason = failure === null ? '' : `: ${failure}`;
          console.log(`${createdAt.toISOString()} ${kind} to ${recipient}: ${state}${reason}`);
        }
      }),
    );

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 9999.');
  return Number(text);
}

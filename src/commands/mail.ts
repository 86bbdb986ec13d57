import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { latestMessages, mailStore } from '../app/features/mail.ts';
import { type Run, wholeNumber } from './command.ts';

export const mail = (run: Run) =>
  new Command('mail')
    .summary('print the latest messages or, with SMTP_URL, what became of them')
    .description(
      'Prints the latest messages: without SMTP_URL, they are files in the folder mail of DATA_DIR. With SMTP_URL, prints what became ' +
        'of them. A running server sends them.',
    )
    .option('--limit <n>', 'how many at most (default: 1 or, with SMTP_URL, 20)', wholeNumber(9_999))
    .action(({ limit }) =>
      run(async (config, logger) => {
        if (config.mail.smtpUrl === null) {
          const messages = await latestMessages(config, limit ?? 1);
          console.log(messages.length === 0 ? 'There are no messages.' : messages.reverse().join('\n\n'));
          return;
        }
        const mails = await withParts(config, logger, (parts) => parts.get(mailStore).latest(limit ?? 20));
        for (const { createdAt, kind, recipient, sentAt, failedAt, attempts, failure } of mails.reverse()) {
          const unsent = failedAt === null ? `waiting, ${attempts} attempts` : 'failed';
          const state = sentAt === null ? unsent : failedAt === null ? 'sent' : 'bounced';
          const reason = failure === null ? '' : `: ${failure}`;
          console.log(`${createdAt.toISOString()} ${kind} to ${recipient}: ${state}${reason}`);
        }
      }),
    );

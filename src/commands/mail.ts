import { withParts } from '../app/app.ts';
import { latestMessages, mailStore } from '../app/features/mail.ts';
import { type Command, UsageError } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const mail: Command = {
  usage: '[<count>]',
  summary: 'print the latest messages or, with SMTP_URL, what became of them',
  details:
    'Without SMTP_URL, messages are files in the folder mail of DATA_DIR. A running server sends them.',
  parse(args) {
    const [text = ''] = parseOptions(args, [], 1).positionals;
    if (!/^([1-9]\d{0,3})?$/.test(text)) throw new UsageError('the count must be a number from 1 to 9999');
    return async (config, logger) => {
      if (config.mail.smtpUrl === null) {
        const messages = await latestMessages(config, Number(text || 1));
        console.log(messages.length === 0 ? 'There are no messages.' : messages.reverse().join('\n\n'));
        return;
      }
      const mails = await withParts(config, logger, (parts) =>
        parts.get(mailStore).latest(Number(text || 20)),
      );
      for (const { createdAt, kind, recipient, sentAt, failedAt, attempts, failure } of mails.reverse()) {
        const state =
          sentAt !== null ? 'sent' : failedAt !== null ? 'failed' : `waiting, ${attempts} attempts`;
        const reason = failure === null ? '' : `: ${failure}`;
        console.log(`${createdAt.toISOString()} ${kind} to ${recipient}: ${state}${reason}`);
      }
    };
  },
};

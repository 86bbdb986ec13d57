import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { MailTransport } from '../core/mail.ts';
import { FileTransport } from '../platform/mail/file-transport.ts';
import { SmtpTransport } from '../platform/mail/smtp-transport.ts';

/** By SMTP if configured, else into files. */
export function mailTransport({ mail, dataDir, environment }: Config, clock: Clock): MailTransport {
  const { smtpUrl: url, from } = mail;
  if (url === null) return new FileTransport({ folder: mailFolder(dataDir), from, clock });
  return new SmtpTransport({ url, from, requireTls: environment === 'production' });
}

/** The folder of messages where there is no mail server. */
export const mailFolder = (dataDir: string) => join(dataDir, 'mail');

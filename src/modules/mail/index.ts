export type { Mail } from './mail.store.ts';
export { MailFailures } from './mail-failures.ts';
export type { AppPaths, MailKindName } from './mail-kinds.ts';
export { MailQueue, type MailToQueue } from './mail-queue.ts';
export { MailSender } from './mail-sender.ts';
export { MailTemplates } from './mail-templates.ts';

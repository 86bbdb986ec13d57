export { type BounceOutcome, Bounces } from './bounces.ts';
export { MailFailures } from './mail-failures.ts';
export { MailQueue, type MailToQueue } from './mail-queue.ts';
export { MailSender } from './mail-sender.ts';
export type { MailTemplates } from './mail-templates.ts';

import type { Config } from '../../config/config.ts';
import { Signal } from '../../core/signal.ts';
import {
  DeferredRequestEntity,
  TypeOrmDeferredRequestStore,
} from '../../modules/deferred-requests/deferred-request.store.typeorm.ts';
import { DeferredRequests } from '../../modules/deferred-requests/index.ts';
import { Bounces, MailFailures, MailQueue, MailSender } from '../../modules/mail/index.ts';
import { mailEvents } from '../../modules/mail/mail.events.ts';
import { mailFieldScopes, mailResolvers } from '../../modules/mail/mail.resolvers.ts';
import { MailEntity, personalMails, TypeOrmMailStore } from '../../modules/mail/mail.store.typeorm.ts';
import { OwnerNotices } from '../../modules/notices/index.ts';
import { latestMessageFiles } from '../../platform/mail/file-transport.ts';
import { Periodic } from '../../platform/periodic.ts';
import type { Feature, Job } from '../feature.ts';
import { mailFolder } from '../mail.ts';
import type { Parts } from '../parts.ts';
import { oneTimeTokens } from './one-time-tokens.ts';
import { transactions } from './shared.ts';

export type { BounceOutcome } from '../../modules/mail/index.ts';

/** How often messages and requests of other instances and of the command line are looked for, in milliseconds. */
const LOOK_INTERVAL_MS = 1_000;

const requestAdded = () => new Signal();
const mailAdded = () => new Signal();

export const mailStore = ({ database }: Parts) => new TypeOrmMailStore(database);

export const mailQueue = (parts: Parts) =>
  new MailQueue({
    store: parts.get(mailStore),
    added: parts.get(mailAdded),
    unitOfWork: parts.database,
  });

/** With the template engine, which an idle server does not need. An operator's templates are checked. */
export const mailTemplates = async ({ config: { mail, app } }: Pick<Parts, 'config'>) => {
  const { MailTemplates } = await import('../../modules/mail/mail-templates.ts');
  const templates = new MailTemplates(mail.templates);
  const { name: product } = mail.from;
  if (mail.templates !== null)
    templates.check({
      product,
      recipient: 'ada@example.com',
      link: `${app.url.href}#token=lko_check`,
      at: new Date(0).toISOString(),
    });
  return templates;
};

export const mailSender = (parts: Parts) =>
  new MailSender({
    store: parts.get(mailStore),
    tokens: parts.get(oneTimeTokens),
    templates: () => parts.get(mailTemplates),
    transport: parts.mail,
    product: parts.config.mail.from.name,
    app: parts.config.app,
    logger: parts.logger,
    ...parts.get(transactions),
  });

export const bounces = (parts: Parts) =>
  new Bounces({ store: parts.get(mailStore), ...parts.get(transactions) });

export const deferredRequests = (parts: Parts) =>
  new DeferredRequests({
    store: new TypeOrmDeferredRequestStore(parts.database),
    handlers: parts.deferredRequestHandlers,
    added: parts.get(requestAdded),
    unitOfWork: parts.database,
    logger: parts.logger,
  });

/** The text of the latest messages, newest first, where there is no mail server. */
export const latestMessages = ({ dataDir }: Config, count: number): Promise<string[]> =>
  latestMessageFiles(mailFolder(dataDir), count);

const ownerNotices = (parts: Parts) => new OwnerNotices(parts.get(mailQueue));

export const mail: Feature = {
  entities: [MailEntity, DeferredRequestEntity],
  personalData: () => [personalMails],
  events: mailEvents,
  fieldScopes: mailFieldScopes,
  resolvers: (parts) => [mailResolvers(new MailFailures(parts.get(mailStore)))],
  onRecorded: (parts, events) => parts.get(ownerNotices).send(events),
  jobs: (parts) => [sending(parts), deciding(parts)],
  purges: (parts) => [{ what: 'messages', run: (limit) => parts.get(mailSender).purge(limit) }],
};

function sending(parts: Parts): Job {
  const sender = parts.get(mailSender);
  const looking = lookingFor(parts, 'mail', mailAdded, () => sender.run());
  return {
    name: looking.name,
    start: async () => {
      // A template that cannot be used prevents the start, and not a message.
      if (parts.config.mail.templates !== null) await parts.get(mailTemplates);
      sender.start(() => looking.wake());
      looking.start();
    },
    stop: async () => {
      await looking.stop();
      await sender.stop();
    },
  };
}

/** After the sending of messages, so that it stops before. */
function deciding(parts: Parts): Job {
  const requests = parts.get(deferredRequests);
  const looking = lookingFor(parts, 'deferred requests', requestAdded, () => requests.run());
  return {
    name: looking.name,
    start: () => looking.start(),
    stop: () => {
      requests.stop();
      return looking.stop();
    },
  };
}

/** Work that runs when this instance has added some, and at intervals for what the others added. */
function lookingFor(
  parts: Parts,
  name: string,
  added: (parts: Parts) => Signal,
  work: () => Promise<void>,
): Periodic {
  const looking = new Periodic({ name, intervalMs: LOOK_INTERVAL_MS, logger: parts.logger, work });
  parts.get(added).listen(() => looking.wake());
  return looking;
}

import { administrationEvents } from '../../modules/administration/administration.events.ts';
import {
  administrationFieldScopes,
  administrationResolvers,
} from '../../modules/administration/administration.resolvers.ts';
import { TypeOrmAdministratorStore } from '../../modules/administration/administrator.store.typeorm.ts';
import {
  AccountRemoval,
  Administrators,
  Authority,
  UserAdministration,
  UserChanges,
} from '../../modules/administration/index.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { emailVerification } from './email-addresses.ts';
import { mailQueue } from './mail.ts';
import { oneTimeTokens } from './one-time-tokens.ts';
import { personalAccessTokenService } from './personal-access-tokens.ts';
import { sessionService } from './sessions.ts';
import { roleCatalogue, transactions, userStore } from './shared.ts';
import { usernameReservations } from './users.ts';

const administrators = (parts: Parts) =>
  new Administrators({
    store: new TypeOrmAdministratorStore(parts.database),
    roleCatalogue: parts.get(roleCatalogue),
  });

export const authority = (parts: Parts) =>
  new Authority({ users: parts.get(userStore), roleCatalogue: parts.get(roleCatalogue) });

export const accountRemoval = (parts: Parts) =>
  new AccountRemoval({
    users: parts.get(userStore),
    administrators: parts.get(administrators),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    mails: parts.get(mailQueue),
    reservations: parts.get(usernameReservations),
    events: parts.events,
  });

const userChanges = (parts: Parts) =>
  new UserChanges({
    users: parts.get(userStore),
    administrators: parts.get(administrators),
    tokens: parts.get(oneTimeTokens),
    mails: parts.get(mailQueue),
    verification: parts.get(emailVerification),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    events: parts.events,
  });

export const userAdministration = (parts: Parts) =>
  new UserAdministration({
    users: parts.get(userStore),
    sessions: parts.get(sessionService),
    changes: parts.get(userChanges),
    removal: parts.get(accountRemoval),
    authority: parts.get(authority),
    roleCatalogue: parts.get(roleCatalogue),
    ...parts.get(transactions),
  });

export const administration: Feature = {
  fieldScopes: administrationFieldScopes,
  events: administrationEvents,
  resolvers: (parts) => [administrationResolvers(parts.get(userAdministration))],
};

import { emailAddressEvents } from '../../modules/email-addresses/email-address.events.ts';
import {
  emailAddressFieldScopes,
  emailAddressResolvers,
} from '../../modules/email-addresses/email-address.resolvers.ts';
import { EmailChange, EmailVerification } from '../../modules/email-addresses/index.ts';
import { completeSignup } from '../../modules/passwords/index.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { deferredRequests, mailQueue } from './mail.ts';
import { oneTimeTokens } from './one-time-tokens.ts';
import { personalAccessTokenService } from './personal-access-tokens.ts';
import { limits } from './rate-limits.ts';
import { sessionQueries, sessionService } from './sessions.ts';
import { passwordStore, transactions, userStore } from './shared.ts';

export const emailVerification = (parts: Parts) => {
  const users = parts.get(userStore);
  return new EmailVerification({
    isRequired: parts.config.emailVerificationRequired,
    users,
    tokens: parts.get(oneTimeTokens),
    mails: parts.get(mailQueue),
    deferred: parts.get(deferredRequests),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    completeSignup: (owner, signup) =>
      completeSignup({ users, store: parts.get(passwordStore), events: parts.events }, owner, signup),
    limits: parts.get(limits),
    ...parts.get(transactions),
  });
};

const emailChange = (parts: Parts) =>
  new EmailChange({
    users: parts.get(userStore),
    tokens: parts.get(oneTimeTokens),
    mails: parts.get(mailQueue),
    sessionQueries: parts.get(sessionQueries),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    limits: parts.get(limits),
    ...parts.get(transactions),
  });

export const emailAddresses: Feature = {
  events: emailAddressEvents,
  fieldScopes: emailAddressFieldScopes,
  resolvers: (parts) => [
    emailAddressResolvers({ verification: parts.get(emailVerification), change: parts.get(emailChange) }),
  ],
  deferredRequests: (parts) => ({
    verification: (data, origin) => parts.get(emailVerification).decideResend(data, origin),
  }),
};

import { SignInService } from '../../modules/sign-in/index.ts';
import { signInEvents } from '../../modules/sign-in/sign-in.events.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { emailVerification } from './email-addresses.ts';
import { knownDevices } from './known-devices.ts';
import { sessionService, sessionTokens } from './sessions.ts';
import { transactions } from './shared.ts';

export const signInService = (parts: Parts) =>
  new SignInService({
    sessions: parts.get(sessionService),
    tokens: parts.get(sessionTokens),
    verification: parts.get(emailVerification),
    devices: parts.get(knownDevices),
    ...parts.get(transactions),
  });

export const signIn: Feature = { events: signInEvents };

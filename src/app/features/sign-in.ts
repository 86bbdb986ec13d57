import { SignInService } from '../../modules/sign-in/index.ts';
import type { Parts } from '../parts.ts';
import { sessionService, sessionTokens } from './sessions.ts';
import { transactions, userStore } from './shared.ts';

export const signInService = (parts: Parts) =>
  new SignInService({
    users: parts.get(userStore),
    sessions: parts.get(sessionService),
    tokens: parts.get(sessionTokens),
    ...parts.get(transactions),
  });

import { findByText, type User } from '../modules/users/index.ts';
import { accountLocks } from './features/passwords.ts';
import { personalAccessTokenService } from './features/personal-access-tokens.ts';
import { sessionQueries } from './features/sessions.ts';
import { userStore } from './features/shared.ts';
import type { Parts } from './parts.ts';

/** An account as operators see it. */
export interface AccountSummary {
  readonly user: User;
  readonly lockedUntil: Date | null;
  readonly activeSessions: number;
  readonly activePersonalAccessTokens: number;
}

/** The account of an identifier, with what several modules know of it; null if there is none. */
export async function accountSummary(parts: Parts, identifier: string): Promise<AccountSummary | null> {
  const user = await findByText(parts.get(userStore), identifier);
  if (user === null) return null;
  const [lockedUntil = null] = await parts.get(accountLocks).lockEndsOf([user]);
  const [activeSessions = 0] = await parts.get(sessionQueries).count([user.id], 'ACTIVE');
  const [activePersonalAccessTokens = 0] = await parts
    .get(personalAccessTokenService)
    .count([user.id], 'ACTIVE');
  return { user, lockedUntil, activeSessions, activePersonalAccessTokens };
}

import type { IssuedTokens, Session } from '../sessions/index.ts';
import type { User } from '../users/index.ts';

export interface SignedIn {
  readonly kind: 'signed_in';
  readonly user: User;
  readonly session: Session;
  readonly tokens: IssuedTokens;
}

export interface InvalidCredentials {
  readonly kind: 'invalid_credentials';
}

export interface AccountDisabled {
  readonly kind: 'account_disabled';
}

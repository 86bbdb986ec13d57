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

/** The proof was right, and the address must be confirmed first. */
export interface EmailUnverified {
  readonly kind: 'email_verification_required';
  readonly user: User;
}

export interface AccountDisabled {
  readonly kind: 'account_disabled';
}

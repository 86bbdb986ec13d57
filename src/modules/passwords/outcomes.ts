import type { InvalidField } from '../../core/invalid-field.ts';
import type { RateLimited } from '../rate-limits/index.ts';
import type { AccountDisabled, InvalidCredentials, SignedIn } from '../sign-in/index.ts';
import type { User } from '../users/index.ts';

export interface InvalidInput {
  readonly kind: 'invalid_input';
  readonly fields: readonly InvalidField[];
}

export type SignupOutcome =
  | SignedIn
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'username_taken' }
  | InvalidInput
  | RateLimited;

export type LoginOutcome = SignedIn | InvalidCredentials | AccountDisabled | InvalidInput | RateLimited;

/** Told only to the user, who is signed in. */
export interface AccountLocked {
  readonly kind: 'account_locked';
  readonly lockedUntil: Date;
}

export type ReauthenticateOutcome = SignedIn | InvalidCredentials | AccountLocked | RateLimited;

export type ChangePasswordOutcome =
  | { readonly kind: 'changed'; readonly user: User; readonly terminatedSessionCount: number }
  | InvalidCredentials
  | InvalidInput
  | AccountLocked
  | RateLimited;

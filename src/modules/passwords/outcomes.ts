import type { UserId } from '../../core/ids.ts';
import type { InvalidInput } from '../../core/invalid-field.ts';
import type { LastAdministrator } from '../administration/index.ts';
import type { ExpiredToken, InvalidToken } from '../one-time-tokens/index.ts';
import type { RateLimited } from '../rate-limits/index.ts';
import type { AccountDisabled, InvalidCredentials, SignedIn } from '../sign-in/index.ts';
import type { User } from '../users/index.ts';

/** No session before the address is confirmed. */
interface EmailVerificationRequired {
  readonly kind: 'email_verification_required';
  /** As the user may see it. */
  readonly email: string;
}

export type SignupOutcome =
  | SignedIn
  | EmailVerificationRequired
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'username_taken' }
  | InvalidInput
  | RateLimited;

export type LoginOutcome =
  | SignedIn
  | EmailVerificationRequired
  | InvalidCredentials
  | AccountDisabled
  | InvalidInput
  | RateLimited;

/** Told only to the user, who is signed in. */
export interface AccountLocked {
  readonly kind: 'account_locked';
  readonly lockedUntil: Date;
}

export type ReauthenticateOutcome = SignedIn | InvalidCredentials | AccountLocked | RateLimited;

interface PasswordChanged {
  readonly kind: 'changed';
  readonly user: User;
  readonly terminatedSessionCount: number;
}

export type ResetPasswordOutcome = PasswordChanged | InvalidToken | ExpiredToken | InvalidInput | RateLimited;

export type DeleteAccountOutcome =
  | { readonly kind: 'deleted'; readonly userId: UserId }
  | LastAdministrator
  | InvalidCredentials
  | AccountLocked
  | RateLimited;

export type ChangePasswordOutcome =
  | PasswordChanged
  | InvalidCredentials
  | InvalidInput
  | AccountLocked
  | RateLimited;

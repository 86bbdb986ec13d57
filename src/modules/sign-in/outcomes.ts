import type { InvalidField } from '../../core/invalid-field.ts';
import type { IssuedTokens, Session } from '../sessions/index.ts';
import type { User } from '../users/index.ts';

export interface SignedIn {
  readonly kind: 'signed_in';
  readonly user: User;
  readonly session: Session;
  readonly tokens: IssuedTokens;
}

export interface InvalidInput {
  readonly kind: 'invalid_input';
  readonly fields: readonly InvalidField[];
}

export interface InvalidCredentials {
  readonly kind: 'invalid_credentials';
}

export interface RateLimited {
  readonly kind: 'rate_limited';
  readonly retryAfterSeconds: number;
}

export type SignupOutcome =
  | SignedIn
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'username_taken' }
  | InvalidInput
  | RateLimited;

export type LoginOutcome =
  | SignedIn
  | InvalidCredentials
  | { readonly kind: 'account_disabled' }
  | InvalidInput
  | RateLimited;

export type ReauthenticateOutcome = SignedIn | InvalidCredentials | RateLimited;

export type ChangePasswordOutcome =
  | { readonly kind: 'changed'; readonly user: User; readonly terminatedSessionCount: number }
  | InvalidCredentials
  | InvalidInput
  | RateLimited;

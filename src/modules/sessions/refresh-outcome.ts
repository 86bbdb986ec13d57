import type { RateLimited } from '../rate-limits/index.ts';
import type { Session } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';
import type { IssuedTokens } from './session-tokens.ts';

export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly session: Session; readonly tokens: IssuedTokens }
  | { readonly kind: 'session_ended'; readonly reason: SessionEndReason; readonly endedAt: Date }
  /** `superseded`: the client has, or is about to receive, a newer token of the same session. */
  | { readonly kind: 'invalid_token'; readonly superseded: boolean }
  /** The client had gone: nothing was decided or changed, and nobody gets this outcome. */
  | { readonly kind: 'abandoned' }
  | RateLimited;

export const INVALID_TOKEN: RefreshOutcome = { kind: 'invalid_token', superseded: false };

export const ABANDONED: RefreshOutcome = { kind: 'abandoned' };

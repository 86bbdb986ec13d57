import type { SessionId, UserId } from './ids.ts';
import { type Caller, type Origin, sessionIdOf, systemOrigin } from './principal.ts';

/** Who does something, and from where. */
export interface Actor {
  /** Null for the system and for someone unknown. */
  readonly userId: UserId | null;
  /** The session that they do it by, where events tell. */
  readonly sessionId?: SessionId | null;
  readonly origin: Origin;
}

/** The system itself: commands of an operator, sweeps. */
export const system: Actor = { userId: null, origin: systemOrigin };

/** The caller as an actor. */
export function actorOf({ principal, origin }: Caller): Actor {
  const userId = principal.kind === 'anonymous' ? null : principal.userId;
  return { userId, sessionId: sessionIdOf(principal), origin };
}

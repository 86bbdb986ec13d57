import type { SessionId, UserId } from './ids.ts';
import { type Caller, type Origin, sessionIdOf, systemOrigin } from './principal.ts';

/** The cause of an event: user, session and origin. */
export interface Actor {
  /** Null for the system or an unknown caller. */
  readonly userId: UserId | null;
  /** The session of the request, if it is to be recorded. */
  readonly sessionId?: SessionId | null;
  readonly origin: Origin;
}

/** A user as an actor. */
export interface UserActor extends Actor {
  readonly userId: UserId;
}

/** The system: operator commands and background jobs. */
export const system: Actor = { userId: null, origin: systemOrigin };

/** The caller as an actor. */
export function actorOf({ principal, origin }: Caller): Actor {
  const userId = principal.kind === 'anonymous' ? null : principal.userId;
  return { userId, sessionId: sessionIdOf(principal), origin };
}

import type { ServiceClientId, SessionId, UserId } from './ids.ts';
import { type Caller, type Origin, sessionIdOf, systemOrigin, userIdOf } from './principal.ts';

/** The cause of an event: user, session and origin. */
export interface Actor {
  /** Null for the system or an unknown caller. */
  readonly userId: UserId | null;
  /** The session of the request, if it is to be recorded. */
  readonly sessionId?: SessionId | null;
  /** The service client that acts, for the user or for itself. */
  readonly clientId?: ServiceClientId;
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
  const actor = { userId: userIdOf(principal), sessionId: sessionIdOf(principal), origin };
  return 'clientId' in principal ? { ...actor, clientId: principal.clientId } : actor;
}

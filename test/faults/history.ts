/** What a request to an instance did, as its client knows: `unknown` where it got no answer, or one that says so. */
export type Outcome = 'done' | 'refused' | 'unknown';

export type OperationKind =
  | 'signup'
  | 'login'
  | 'refresh'
  | 'repeat'
  | 'steal'
  | 'me'
  | 'ended'
  | 'logout'
  | 'terminate'
  | 'createToken'
  | 'useToken'
  | 'revokeToken'
  | 'useRevoked'
  | 'wrongPassword'
  | 'flood';

/** One request and its answer. Times are monotonic, in milliseconds since the run began. */
export interface Operation {
  readonly client: string;
  readonly kind: OperationKind;
  /** Index of the instance. */
  readonly instance: number;
  /** The session or the personal access token that it is about; null where there is none yet. */
  readonly subject: string | null;
  /** Generation of the refresh token that was presented. */
  readonly generation: number | null;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  /** Type or code of the answer. */
  readonly answer: string;
}

/** What a fault keeps from working. */
export type Target = 'redis' | 'postgres' | 'instance' | 'answers';

export interface FaultPeriod {
  readonly kind: string;
  /** Instances that it concerns. */
  readonly instances: readonly number[];
  readonly targets: readonly Target[];
  readonly from: number;
  readonly until: number;
}

/** A time in which the machine had too much to do, so that late answers prove nothing. */
export interface Stall {
  readonly from: number;
  readonly until: number;
}

/** A change that a watcher's stream has told. */
export interface Delivery {
  readonly watcher: string;
  readonly at: number;
  readonly eventId: string;
  readonly kind: string;
  /** Null where the answer did not tell it. */
  readonly sessionId: string | null;
}

export interface StoredSession {
  readonly id: string;
  readonly generation: number;
  readonly endReason: string | null;
}

export interface StoredToken {
  readonly id: string;
  readonly isRevoked: boolean;
}

export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly sessionId: string | null;
  readonly tokenId: string | null;
  /** Whether a stream that was open at the end of the run must have told of it. */
  readonly isStreamed: boolean;
}

/** What the database holds at the end, when nothing is on its way any more. */
export interface FinalState {
  readonly sessions: readonly StoredSession[];
  readonly tokens: readonly StoredToken[];
  /** The audit log. */
  readonly events: readonly StoredEvent[];
  readonly unpublished: number;
}

/** An instance that has ended though nobody has ended it, or an error in its log. */
export interface Incident {
  readonly instance: number;
  readonly at: number;
  readonly what: string;
}

export interface History {
  readonly operations: readonly Operation[];
  readonly faults: readonly FaultPeriod[];
  readonly stalls: readonly Stall[];
  readonly deliveries: readonly Delivery[];
  /** Ids of the events that a subscriber of Redis was told, by type. */
  readonly published: ReadonlyMap<string, string>;
  readonly incidents: readonly Incident[];
  readonly state: FinalState;
}

/** The settings that the invariants speak of. */
export interface Rules {
  readonly graceSeconds: number;
  readonly lockoutFailures: number;
  readonly floodLimit: number;
  readonly floodWindowSeconds: number;
}

export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

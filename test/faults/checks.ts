import type {
  Delivery,
  History,
  Operation,
  OperationKind,
  Rules,
  StoredEvent,
  Violation,
} from './history.ts';

type Check = (history: History, rules: Rules) => Violation[];

/** A refused credential may work for so long after its end was answered, in milliseconds: with both stores, and without. */
const REVOCATION_MS = 1_000;
const CUT_OFF_REVOCATION_MS = 5_000;

/** Everything answers again so long after a fault, in milliseconds. */
export const RECOVERY_MS = 5_000;

/** What a client's clock and the server's transaction may differ by, in milliseconds. */
const SLACK_MS = 1_000;

/** The invariants of requirements I1 to I7, and what holds beside them. Each names the operations that break it. */
export const checks = {
  oneLiveRefreshToken,
  noSuccessAfterTheEnd,
  nothingAcknowledgedIsLost,
  lockoutHolds,
  auditMatchesState,
  eventsMatchCommits,
  streamsTellInOrder,
  streamsTellAll,
  rateLimitHolds,
  nobodyIsSignedOut,
  repeatsReachTheirOutcome,
  noInternalErrors,
  recoversInTime,
  noIncidents,
} as const satisfies Readonly<Record<string, Check>>;

export function check(history: History, rules: Rules): Violation[] {
  return Object.values(checks).flatMap((one: Check) => one(history, rules));
}

/** I1: a superseded refresh token works neither after its grace, nor once its successor was used. */
export function oneLiveRefreshToken({ operations }: History, { graceSeconds }: Rules): Violation[] {
  const refreshes = operations.filter(({ generation, outcome }) => generation !== null && outcome === 'done');
  return [...groupBy(refreshes, ({ subject }) => subject)].flatMap(([, ofSession]) =>
    ofSession.flatMap((late) => {
      const before = ofSession.filter(({ endedAt }) => endedAt < late.startedAt);
      const firstUse = before.find(({ generation }) => generation === late.generation);
      const successor = before.find(({ generation }) => Number(generation) > Number(late.generation));
      const isPastGrace =
        firstUse !== undefined && late.startedAt - firstUse.endedAt > graceSeconds * 1_000 + SLACK_MS;
      return isPastGrace && successor !== undefined
        ? [violation('I1 one live refresh token', `accepted again: ${show(late)}, after ${show(successor)}`)]
        : [];
    }),
  );
}

/** I2: nothing succeeds by a credential whose end was answered. */
export function noSuccessAfterTheEnd({ operations, faults, stalls }: History): Violation[] {
  const ends = new Map<string, Operation>();
  for (const operation of operations)
    if (operation.outcome === 'done' && operation.subject !== null && ENDS.has(operation.kind))
      if (!ends.has(operation.subject)) ends.set(operation.subject, operation);
  return operations.flatMap((late) => {
    const end = late.subject === null ? undefined : ends.get(late.subject);
    if (end === undefined || late.outcome !== 'done' || !USES.has(late.kind)) return [];
    const isDisturbed = [...faults.filter(({ targets }) => !targets.includes('answers')), ...stalls].some(
      ({ from, until }) => from < late.endedAt && until + RECOVERY_MS > end.startedAt,
    );
    const bound = isDisturbed ? CUT_OFF_REVOCATION_MS : REVOCATION_MS;
    return late.startedAt > end.endedAt + bound
      ? [violation('I2 no success after the end', `${show(late)}, though ended by ${show(end)}`)]
      : [];
  });
}

const ENDS: ReadonlySet<OperationKind> = new Set(['logout', 'terminate', 'revokeToken']);
const USES: ReadonlySet<OperationKind> = new Set(['me', 'ended', 'refresh', 'useToken', 'useRevoked']);

/** I3: what was answered is in the database. */
export function nothingAcknowledgedIsLost({ operations, state }: History): Violation[] {
  const sessions = new Map(state.sessions.map((session) => [session.id, session]));
  const tokens = new Map(state.tokens.map((token) => [token.id, token]));
  return operations.flatMap((operation) => {
    const { kind, subject, generation, outcome } = operation;
    if (outcome !== 'done' || subject === null) return [];
    const lost = (what: string) => [
      violation('I3 nothing acknowledged is lost', `${what}: ${show(operation)}`),
    ];
    switch (kind) {
      case 'signup':
      case 'login':
        return sessions.has(subject) ? [] : lost('the session is gone');
      case 'refresh':
        return (sessions.get(subject)?.generation ?? -1) > Number(generation)
          ? []
          : lost('the refresh is gone');
      case 'logout':
      case 'terminate':
        return sessions.get(subject)?.endReason == null ? lost('the session has not ended') : [];
      case 'createToken':
        return tokens.has(subject) ? [] : lost('the token is gone');
      case 'revokeToken':
        return tokens.get(subject)?.isRevoked === true ? [] : lost('the token is not revoked');
      default:
        return [];
    }
  });
}

/** I4: of one identifier no more passwords are checked than the lockout allows. */
export function lockoutHolds({ operations }: History, { lockoutFailures }: Rules): Violation[] {
  const checked = operations.filter(
    ({ kind, answer }) => kind === 'wrongPassword' && answer === 'InvalidCredentialsError',
  );
  return [...groupBy(checked, ({ subject }) => subject)].flatMap(([identifier, attempts]) =>
    attempts.length > lockoutFailures
      ? [violation('I4 lockout', `${attempts.length} passwords of ${identifier} were checked`)]
      : [],
  );
}

/** I5: each session and token has the audit rows of what happened to it, once, and no others. */
export function auditMatchesState({ state }: History): Violation[] {
  const seen = groupBy(state.events, ({ type, sessionId, tokenId }) => `${type} ${sessionId ?? tokenId}`);
  const expected = new Map<string, number>();
  for (const { id, endReason } of state.sessions) {
    expected.set(`session.created ${id}`, 1);
    expected.set(`session.terminated ${id}`, endReason === null ? 0 : 1);
  }
  for (const { id, isRevoked } of state.tokens) {
    expected.set(`personal_access_token.created ${id}`, 1);
    expected.set(`personal_access_token.revoked ${id}`, isRevoked ? 1 : 0);
  }
  const counted = [...seen].filter(([key]) => AUDITED.some((type) => key.startsWith(`${type} `)));
  const missing = [...expected].filter(([key, count]) => (seen.get(key)?.length ?? 0) !== count);
  const surplus = counted.filter(([key]) => !expected.has(key));
  return [
    ...missing.map(([key, count]) =>
      violation('I5 audit', `${key}: ${seen.get(key)?.length ?? 0} rows in place of ${count}`),
    ),
    ...surplus.map(([key]) => violation('I5 audit', `${key}: a row without its state`)),
  ];
}

const AUDITED = [
  'session.created',
  'session.terminated',
  'personal_access_token.created',
  'personal_access_token.revoked',
];

/** I6: the outbox is empty in the end, and no event was published that was not committed. */
export function eventsMatchCommits({ published, state }: History): Violation[] {
  const committed = new Set(state.events.map(({ id }) => id));
  const kept = new Set(state.events.map(({ type }) => type));
  const untrue = [...published].filter(([id, type]) => kept.has(type) && !committed.has(id));
  return [
    ...untrue.map(([id, type]) => violation('I6 events', `${type} ${id} was published and not committed`)),
    ...(state.unpublished > 0
      ? [violation('I6 events', `${state.unpublished} events are left in the outbox`)]
      : []),
  ];
}

/** I6: no change of a session comes after its end. A repeat of what was told before does not count. */
export function streamsTellInOrder({ deliveries }: History): Violation[] {
  return [
    ...groupBy(firstsOf(deliveries), ({ watcher, sessionId }) => sessionId && `${watcher} ${sessionId}`),
  ].flatMap(([key, told]) => {
    const end = told.findIndex(({ kind }) => kind === 'ENDED');
    const late = end < 0 ? undefined : told[end + 1];
    return late === undefined
      ? []
      : [violation('I6 order', `${key}: ${late.kind} ${late.eventId} after ENDED`)];
  });
}

/**
 * I6: every watcher is told every session that was created or ended. What the end of its session overtook is not told any more.
 */
export function streamsTellAll({ deliveries, state }: History): Violation[] {
  return [...groupBy(deliveries, ({ watcher }) => watcher)].flatMap(([watcher, told]) => {
    const ids = new Set(told.map(({ eventId }) => eventId));
    const ended = new Set(told.filter(({ kind }) => kind === 'ENDED').map(({ sessionId }) => sessionId));
    const isOvertaken = ({ type, sessionId }: StoredEvent) =>
      type === 'session.created' && sessionId !== null && ended.has(sessionId);
    return state.events
      .filter((event) => event.isStreamed && !ids.has(event.id) && !isOvertaken(event))
      .map(({ id, type, sessionId }) =>
        violation('I6 delivery', `${watcher} was not told ${type} ${id} of ${sessionId}`),
      );
  });
}

/** I7: in no window more than the limit are admitted; half more while instances count for themselves. */
export function rateLimitHolds(
  { operations, faults }: History,
  { floodLimit, floodWindowSeconds }: Rules,
): Violation[] {
  const admitted = operations.filter(
    ({ kind, outcome, answer }) =>
      kind === 'flood' && outcome !== 'unknown' && answer !== 'AuthRateLimitedError',
  );
  const windowMs = floodWindowSeconds * 1_000;
  const times = admitted.map(({ endedAt }) => endedAt).sort((a, b) => a - b);
  for (const [i, from] of times.entries()) {
    const until = from + windowMs;
    const count = times.slice(i).findIndex((at) => at > until);
    const inWindow = count < 0 ? times.length - i : count;
    const isDegraded = faults.some(
      (fault) => fault.from - windowMs < until && fault.until + windowMs + RECOVERY_MS > from,
    );
    const most = Math.ceil(floodLimit * (isDegraded ? 1.5 : 1));
    if (inWindow > most)
      return [
        violation('I7 rate limit', `${inWindow} admitted from ${Math.round(from)} on, more than ${most}`),
      ];
  }
  return [];
}

/** An honest client's session ends only by what the history shows. */
export function nobodyIsSignedOut({ operations, state }: History): Violation[] {
  const mayEnd = new Set(
    operations.filter(({ kind }) => CAUSES.has(kind)).flatMap(({ subject }) => subject ?? []),
  );
  const refused = operations.filter(
    ({ kind, subject, outcome }) =>
      outcome === 'refused' && subject !== null && HONEST.has(kind) && !mayEnd.has(subject),
  );
  const ended = state.sessions.filter(({ id, endReason }) => endReason !== null && !mayEnd.has(id));
  return [
    ...refused.map((operation) => violation('nobody is signed out', show(operation))),
    ...ended.map(({ id, endReason }) =>
      violation('nobody is signed out', `session ${id} ended: ${endReason}`),
    ),
  ];
}

const CAUSES: ReadonlySet<OperationKind> = new Set(['logout', 'terminate', 'steal', 'revokeToken']);
const HONEST: ReadonlySet<OperationKind> = new Set(['me', 'refresh', 'repeat', 'useToken']);

/** Who repeats a request whose answer was lost gets its outcome, not a refusal because it has taken effect. */
export function repeatsReachTheirOutcome({ operations }: History): Violation[] {
  return operations
    .filter(
      ({ kind, outcome, answer }) => outcome === 'refused' && REPEATED.has(kind) && !MAY_BE_ASKED.has(answer),
    )
    .map((operation) => violation('repeats reach their outcome', show(operation)));
}

const REPEATED: ReadonlySet<OperationKind> = new Set([
  'signup',
  'login',
  'logout',
  'terminate',
  'createToken',
  'revokeToken',
]);

/** What a client is told that has not shown its password for a while, or asks too often. */
const MAY_BE_ASKED: ReadonlySet<string> = new Set(['ReauthenticationRequiredError', 'AuthRateLimitedError']);

/** No answer is an internal error, and none has a code that clients do not know. */
export function noInternalErrors({ operations }: History): Violation[] {
  return operations
    .filter(({ answer }) => /INTERNAL_SERVER_ERROR|unexpected/.test(answer))
    .map((operation) => violation('no internal errors', show(operation)));
}

/** So soon after a fault every request is answered. */
export function recoversInTime({ operations, faults, stalls }: History): Violation[] {
  const isDisturbed = ({ startedAt, endedAt }: Operation) =>
    [...faults, ...stalls].some(({ from, until }) => from < endedAt && until + RECOVERY_MS > startedAt);
  return operations
    .filter((operation) => operation.outcome === 'unknown' && !isDisturbed(operation))
    .map((operation) => violation('recovers in 5 s', show(operation)));
}

/** No instance ends by itself, and none logs an error. */
export function noIncidents({ incidents }: History): Violation[] {
  return incidents.map(({ instance, at, what }) =>
    violation('no incidents', `instance ${instance} at ${Math.round(at)}: ${what}`),
  );
}

function firstsOf(deliveries: readonly Delivery[]): Delivery[] {
  const known = new Set<string>();
  return deliveries.filter(({ watcher, eventId }) => {
    const key = `${watcher} ${eventId}`;
    return !known.has(key) && known.add(key);
  });
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string | null): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

const violation = (invariant: string, what: string): Violation => ({ invariant, what });

function show({
  client,
  kind,
  instance,
  subject,
  generation,
  startedAt,
  endedAt,
  answer,
}: Operation): string {
  const of = generation === null ? subject : `${subject} generation ${generation}`;
  const times = `${Math.round(startedAt)}–${Math.round(endedAt)} ms`;
  return `${client}: ${kind} of ${of} at instance ${instance}, ${times}: ${answer}`;
}

import type { LiveSessionFragment, SessionChangeKind, SessionChangesSubscription } from '../generated.ts';

export type SessionChange = SessionChangesSubscription['sessionChanged'];

/** A session, and its last change; `kind` is null if it was only listed. */
export interface LiveRow {
  readonly session: LiveSessionFragment;
  readonly kind: SessionChangeKind | null;
  readonly at: string;
  /** What the filter looks into. */
  readonly text: string;
}

/** Sessions that are kept of each kind, those listed and those changed: the memory has a bound. */
export const MAX_SESSIONS = 10_000;
/** Changes come at least once. Repeats come soon. */
const REMEMBERED_CHANGES = 2_000;

/** Sessions as a list of active ones and a stream of changes tell them. */
export class LiveSessions {
  /** The change before comes before in the map. */
  readonly #changed = new Map<string, LiveRow>();
  /** Those without a change yet, as they were listed: latest activity first. */
  readonly #listed = new Map<string, LiveRow>();
  readonly #seen = new Set<string>();
  #active = 0;
  #unlisted = 0;

  /** Active sessions, those included that are too many to be kept. */
  get active(): number {
    return this.#active + this.#unlisted;
  }

  /** Whether there are active sessions that are not kept. */
  get isPartial(): boolean {
    return this.#unlisted > 0;
  }

  get size(): number {
    return this.#changed.size + this.#listed.size;
  }

  /** Adds a page of the list. What the stream has told is newer. */
  list(sessions: readonly LiveSessionFragment[]): void {
    for (const session of sessions) {
      if (this.#changed.has(session.id) || this.#listed.has(session.id)) continue;
      this.#listed.set(session.id, rowOf(session, null, session.lastActiveAt));
      this.#count(session, 1);
    }
  }

  /** Ends a listing, which left out this many active sessions. */
  leaveOut(count: number): void {
    this.#unlisted = Math.max(0, count);
  }

  /** Returns whether the change is new. */
  change({ id, kind, occurredAt, session }: SessionChange): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    dropFirst(this.#seen, REMEMBERED_CHANGES);
    if (session === null) return false;
    const before = this.#changed.get(session.id) ?? this.#listed.get(session.id);
    if (before !== undefined) this.#count(before.session, -1);
    else if (kind !== 'CREATED') this.#unlisted = Math.max(0, this.#unlisted - 1);
    this.#changed.delete(session.id);
    this.#listed.delete(session.id);
    this.#changed.set(session.id, rowOf(session, kind, occurredAt));
    this.#count(session, 1);
    this.#bound();
    return true;
  }

  clear(): void {
    this.#changed.clear();
    this.#listed.clear();
    this.#active = 0;
    this.#unlisted = 0;
  }

  /** Newest change first, then those that were only listed. */
  rows(filter: string): LiveRow[] {
    const rows = [...this.#changed.values()].reverse();
    for (const row of this.#listed.values()) rows.push(row);
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length === 0 ? rows : rows.filter(({ text }) => words.every((word) => text.includes(word)));
  }

  #count({ status }: LiveSessionFragment, step: 1 | -1): void {
    if (status === 'ACTIVE') this.#active += step;
  }

  #bound(): void {
    if (this.#changed.size <= MAX_SESSIONS) return;
    const [first] = this.#changed;
    if (first === undefined) return;
    const [id, { session }] = first;
    this.#changed.delete(id);
    this.#count(session, -1);
    if (session.status === 'ACTIVE') this.#unlisted += 1;
  }
}

function rowOf(session: LiveSessionFragment, kind: SessionChangeKind | null, at: string): LiveRow {
  const { user, device, ipAddress, id } = session;
  const parts = [
    user.email,
    user.username,
    device.browser,
    device.os,
    ipAddress,
    session.endReason,
    kind,
    id,
  ];
  return { session, kind, at, text: parts.join(' ').toLowerCase() };
}

function dropFirst(set: Set<string>, size: number): void {
  if (set.size <= size) return;
  for (const first of set) {
    set.delete(first);
    return;
  }
}

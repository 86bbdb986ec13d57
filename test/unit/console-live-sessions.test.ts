import { expect, test } from '@jest/globals';
import { LiveSessions, MAX_SESSIONS, type SessionChange } from '../../src/console/live/live-sessions.ts';
import { MinuteCounts } from '../../src/console/live/minute-counts.ts';

type Session = NonNullable<SessionChange['session']>;

const session = (id: string, more: Partial<Session> = {}): Session => ({
  id,
  status: 'ACTIVE',
  ipAddress: null,
  lastActiveAt: '2026-01-01T00:00:00.000Z',
  endReason: null,
  device: { browser: 'Firefox 140', os: 'Linux' },
  user: { id: `user of ${id}`, username: null, email: `${id}@example.com` },
  ...more,
});

let events = 0;
const change = (kind: SessionChange['kind'], changed: Session): SessionChange => {
  events += 1;
  return { id: `event ${events}`, kind, occurredAt: '2026-01-01T00:00:01.000Z', session: changed };
};

const ids = (sessions: LiveSessions, filter = '') => sessions.rows(filter).map((row) => row.session.id);

test('the newest change comes first, then what was only listed', () => {
  const sessions = new LiveSessions();
  sessions.list([session('a'), session('b'), session('c')]);
  sessions.change(change('REFRESHED', session('c')));
  sessions.change(change('CREATED', session('d')));
  expect(ids(sessions)).toEqual(['d', 'c', 'a', 'b']);
  expect(sessions.active).toBe(4);
});

test('a change that comes again is ignored', () => {
  const sessions = new LiveSessions();
  const created = change('CREATED', session('a'));
  expect(sessions.change(created)).toBe(true);
  expect(sessions.change(created)).toBe(false);
  expect(sessions.active).toBe(1);
});

test('what the stream told while the list was read is newer than the list', () => {
  const sessions = new LiveSessions();
  sessions.change(change('ENDED', session('a', { status: 'ENDED', endReason: 'LOGOUT' })));
  sessions.list([session('a'), session('b')]);
  expect(sessions.active).toBe(1);
  expect(sessions.rows('logout')).toHaveLength(1);
});

test('sessions beyond the bound are counted, but not kept', () => {
  const sessions = new LiveSessions();
  sessions.list([session('kept')]);
  sessions.leaveOut(2);
  expect([sessions.active, sessions.isPartial]).toEqual([3, true]);
  sessions.change(change('REFRESHED', session('left out')));
  expect(sessions.active).toBe(3);
  sessions.change(change('ENDED', session('also left out', { status: 'ENDED' })));
  expect([sessions.active, sessions.isPartial]).toEqual([2, false]);
});

test('the memory has a bound, however many sessions change', () => {
  const sessions = new LiveSessions();
  for (let i = 0; i < MAX_SESSIONS + 5; i += 1) sessions.change(change('CREATED', session(String(i))));
  expect(sessions.size).toBe(MAX_SESSIONS);
  expect(sessions.active).toBe(MAX_SESSIONS + 5);
});

test('the filter finds every word, in any part', () => {
  const sessions = new LiveSessions();
  sessions.list([session('a'), session('b', { ipAddress: '192.0.2.7' })]);
  expect(ids(sessions, 'FIREFOX 192.0.2')).toEqual(['b']);
});

test('a minute later a change does not count any more', () => {
  const counts = new MinuteCounts<'CREATED' | 'ENDED'>();
  counts.add('CREATED', 1_000);
  counts.add('CREATED', 30_000);
  counts.add('ENDED', 30_000);
  expect(counts.of('CREATED', 60_000)).toBe(2);
  expect(counts.of('CREATED', 61_000)).toBe(1);
  expect(counts.of('CREATED', 90_000)).toBe(0);
});

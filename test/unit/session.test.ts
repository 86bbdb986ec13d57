import { expect, test } from '@jest/globals';
import { endOf, type Session, statusOf } from '../../src/modules/sessions/session.ts';

const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1) + seconds * 1000);
const limits = { idleTimeoutSeconds: 100, lifetimeSeconds: 1_000, maxPerUser: 5, refreshGraceSeconds: 10 };

const session = (differs: Partial<Session>) =>
  ({
    lastActiveAt: at(0),
    expiresAt: at(1_000),
    endedAt: null,
    endReason: null,
    readAt: at(50),
    ...differs,
  }) as Session;

test.each<[string, Partial<Session>, ReturnType<typeof endOf>]>([
  ['is active until it times out', { readAt: at(99.999) }, null],
  ['ends when it has been idle for the limit', { readAt: at(100) }, { at: at(100), reason: 'IDLE_TIMEOUT' }],
  [
    'ended when it became idle, whenever that is read',
    { readAt: at(500) },
    { at: at(100), reason: 'IDLE_TIMEOUT' },
  ],
  [
    'expires even if active',
    { lastActiveAt: at(950), readAt: at(1_000) },
    { at: at(1_000), reason: 'EXPIRED' },
  ],
  [
    'keeps the end that was recorded',
    { endedAt: at(20), endReason: 'LOGOUT', readAt: at(2_000) },
    { at: at(20), reason: 'LOGOUT' },
  ],
])('a session %s', (_name, differs, end) => {
  expect(endOf(session(differs), limits)).toEqual(end);
  expect(statusOf(session(differs), limits)).toBe(end === null ? 'ACTIVE' : 'ENDED');
});

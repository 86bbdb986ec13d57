import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newId, type SessionId, type UserId } from '../../src/core/ids.ts';
import type { AuditEvent } from '../../src/modules/audit/audit-event.ts';
import { auditJson, auditLine } from '../../src/modules/audit/audit-line.ts';

const event: AuditEvent = {
  id: newId(),
  type: 'user.login_failed',
  outcome: 'FAILURE',
  actorId: null,
  subjectId: '6f0f7a4e-3a52-4a0e-9d3b-0b2f4a1c9d10' as UserId,
  sessionId: null,
  requestId: 'a1',
  ipAddress: '192.0.2.1',
  userAgent: 'curl/8',
  data: {},
  occurredAt: new Date('2026-01-31T09:30:00.000Z'),
};

test('an event is one line of its fields, without those that it does not have', () => {
  expect(auditLine(event)).toBe(
    '2026-01-31T09:30:00.000Z FAILURE user.login_failed subject=6f0f7a4e-3a52-4a0e-9d3b-0b2f4a1c9d10 ip=192.0.2.1 request="a1" agent="curl/8"',
  );
  const sessionId = newId<SessionId>();
  expect(auditLine({ ...event, sessionId, data: { sessionId, reason: 'LOGOUT' } })).toContain(
    ` session=${sessionId} ip=192.0.2.1 request="a1" agent="curl/8" data={"sessionId":"${sessionId}","reason":"LOGOUT"}`,
  );
});

/** All that begins a line somewhere, moves a cursor, colours, or reorders what is shown; a tag, which takes two units. */
const HOSTILE = [
  '\r',
  '\n',
  '\u001b[2K',
  '\u0085',
  '\u009b1A',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u0000',
  '\u007f',
  '\u{e0041}',
  '"',
  ' actor=',
  '\\',
  '\ud800',
];

test('nothing that a client sends makes a second line, a control character or another field', () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string()), { maxLength: 8 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (userAgent) => {
      const hostile = { ...event, userAgent, requestId: userAgent, data: { lastRefresh: { userAgent } } };
      for (const line of [auditLine(hostile), auditJson(hostile)])
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      const read = JSON.parse(auditJson(hostile));
      expect(read.userAgent).toBe(userAgent);
      expect(read.details).toEqual(hostile.data);
      // Outside of quoted values the line has the fields that it must have.
      const bare = auditLine(hostile).replace(/"(?:[^"\\]|\\.)*"/g, '""');
      expect(bare).toMatch(
        /^\S+ FAILURE user\.login_failed subject=\S+ ip=192\.0\.2\.1 request="" agent="" data=\{"":\{"":""\}\}$/,
      );
    }),
  );
});

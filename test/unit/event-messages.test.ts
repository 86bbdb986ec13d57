import { describe, expect, test } from '@jest/globals';
import { eventCatalogue } from '../../src/app/features/index.ts';
import { messagesOf } from '../../src/core/event-messages.ts';
import { type EventId, newId, type SessionId, type UserId } from '../../src/core/ids.ts';
import { parseRevocation } from '../../src/core/revocation.ts';
import { sessionChangeOf } from '../../src/modules/sessions/session-change.ts';

const userId = newId<UserId>();
const sessionId = newId<SessionId>();
const id = newId<EventId>();
const occurredAt = new Date('2026-01-01T00:00:00.000Z');
const notBefore = '2026-01-01T00:00:03.000Z';

const streamed = Object.entries(eventCatalogue).flatMap(([type, kind]) => (kind.streamedTo ? [type] : []));

test.each(streamed)('the streams of sessions know what %s tells', (type) => {
  const payload = { id, type, occurredAt: occurredAt.toISOString(), data: { userId, sessionId } };
  expect(sessionChangeOf(payload)).toMatchObject({ id, userId, sessionId, occurredAt });
});

describe('the message of a revocation', () => {
  test('says of a user from when on access tokens are valid, and until when older ones may exist', () => {
    const data = { userId, roles: ['user'], notBefore };
    const [message] = messagesOf(eventCatalogue, { id, type: 'user.roles_changed', data, occurredAt }, 60);
    expect(message?.payload['data']).toEqual({
      kind: 'user',
      id: userId,
      notBefore,
      until: '2026-01-01T00:01:00.000Z',
    });
    expect(parseRevocation(message?.payload['data'])).toEqual({
      kind: 'user',
      id: userId,
      notBefore: new Date(notBefore),
    });
  });

  test.each([
    null,
    'text',
    {},
    { kind: 'planet', id: userId },
    { kind: 'session', id: 'no id' },
    { kind: 'user', id: userId },
    { kind: 'user', id: userId, notBefore: 'yesterday' },
  ])('is ignored where it makes no sense: %j', (data) => {
    expect(parseRevocation(data)).toBeNull();
  });
});

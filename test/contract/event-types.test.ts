import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventCatalogue } from '../../src/app/features/index.ts';
import { system } from '../../src/core/actor.ts';
import { auditEvent, transientEvent } from '../../src/core/event-kind.ts';
import { type EventCatalogue, eventBy, type NewEvent, type RecordedEvent } from '../../src/core/events.ts';
import { newId, type SessionId, type UserId } from '../../src/core/ids.ts';
import { systemOrigin } from '../../src/core/principal.ts';

// For what must not compile, `npm run typecheck` is the test: an expected error that is none is an error.

const userId = newId<UserId>();
const sessionId = newId<SessionId>();
const sessionRevision = 1;
const reason = 'LOGOUT';
type OfUser = { readonly userId: UserId };
const description = 'Planted.';

test('an event that does not fit its type does not compile', () => {
  eventBy(system, 'session.terminated', { userId, sessionId, sessionRevision, reason });
  // @ts-expect-error A missing id.
  eventBy(system, 'session.terminated', { userId, sessionRevision, reason });
  // @ts-expect-error No number.
  eventBy(system, 'session.terminated', { userId, sessionId, reason });
  eventBy(system, 'session.terminated', {
    userId,
    // @ts-expect-error An id that may be missing.
    sessionId: null as SessionId | null,
    sessionRevision,
    reason,
  });
  // @ts-expect-error Another kind of id.
  eventBy(system, 'session.terminated', { userId, sessionId: userId, sessionRevision, reason });
  // @ts-expect-error An unknown reason.
  eventBy(system, 'session.terminated', { userId, sessionId, sessionRevision, reason: 'BORED' });
  eventBy(system, 'session.terminated', {
    userId,
    sessionId,
    sessionRevision,
    reason,
    // @ts-expect-error Data that the type does not have.
    refreshToken: 'lkr_…',
  });
  // @ts-expect-error The data of another type.
  eventBy(system, 'user.roles_changed', { userId, sessionId, reason });
  // @ts-expect-error An unknown type.
  eventBy(system, 'session.borrowed', { userId, sessionId });
  // @ts-expect-error No origin.
  eventBy({ userId }, 'session.deleted', { userId, sessionId, sessionRevision });

  const about = { actorId: null, subjectId: userId, sessionId, origin: systemOrigin };
  const literals: NewEvent[] = [
    { ...about, type: 'session.deleted', data: { userId, sessionId, sessionRevision } },
    // @ts-expect-error A missing id, in an event made without `eventBy`.
    { ...about, type: 'session.deleted', data: { userId, sessionRevision } },
    // @ts-expect-error No session, not even null.
    { ...about, sessionId: undefined, type: 'session.deleted', data: { userId, sessionId, sessionRevision } },
  ];
  expect(literals).toHaveLength(3);
});

test('a reader of events knows the data by the type', () => {
  const read = (event: RecordedEvent): SessionId | null => {
    // @ts-expect-error Not every event has one.
    void event.data.sessionId;
    switch (event.type) {
      case 'session.terminated':
        return event.data.sessionId;
      case 'user.roles_changed':
        // @ts-expect-error This one has none.
        return event.data.sessionId;
      // @ts-expect-error An unknown type.
      case 'session.borrowed':
        return null;
      default:
        return null;
    }
  };
  const data = { userId, sessionId, sessionRevision, reason } as const;
  expect(read({ id: newId(), type: 'session.terminated', data, occurredAt: new Date() })).toBe(sessionId);
});

test('a type of event whose messages would miss an id does not compile', () => {
  auditEvent<OfUser>({
    description,
    // @ts-expect-error Its data names no session.
    revokes: (data) => ({ kind: 'session', id: data.sessionId, notBefore: null }),
  });
  auditEvent<OfUser>({
    description,
    // @ts-expect-error A user is no session.
    revokes: (data) => ({ kind: 'session', id: data.userId, notBefore: null }),
  });
  auditEvent<OfUser>({
    description,
    // @ts-expect-error A user's access tokens are revoked up to a time.
    revokes: (data) => ({ kind: 'user', id: data.userId, notBefore: null }),
  });
  auditEvent<{ readonly sessionId: SessionId }>({
    description,
    // @ts-expect-error Its data names no user.
    streamedTo: (data) => data.userId,
  });
  // @ts-expect-error The data holds what JSON does not.
  auditEvent<{ readonly at: Date }>({ description, facts: { at: 'when' } });
  transientEvent<OfUser>({
    description,
    channel: 'auth:planted',
    // @ts-expect-error The row is deleted, so nobody would find the revocation while Redis is away.
    revokes: (data: OfUser) => ({ kind: 'user', id: data.userId, notBefore: new Date() }),
  });
  // @ts-expect-error Neither kept nor published.
  transientEvent<OfUser>({ description });
  // @ts-expect-error Modules that are missing.
  const catalogue: EventCatalogue = { 'session.deleted': auditEvent<OfUser>({ description }) };
  expect(Object.keys(catalogue)).toHaveLength(1);
});

test('a type of event that is not documented, or one of its facts, does not compile', () => {
  // @ts-expect-error No description.
  auditEvent<OfUser>({});
  // @ts-expect-error No description of one that is published.
  transientEvent<OfUser>({ channel: 'auth:planted' });
  // @ts-expect-error A fact without a meaning.
  auditEvent<OfUser & { readonly reason: string }>({ description });
  // @ts-expect-error One of two.
  auditEvent<{ readonly a: string } | { readonly b: string }>({ description, facts: { a: 'one' } });
  // @ts-expect-error A fact that there is not.
  auditEvent<OfUser>({ description, facts: { reason: 'why' } });
  for (const { description, facts } of Object.values(eventCatalogue)) {
    expect(description).toMatch(/^[A-Z].*\.$/);
    for (const meaning of Object.values(facts)) expect(meaning).toMatch(/^\S.*[^.]$/);
  }
});

test('the catalogue has the types of events of every module', async () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  const declared: string[] = [];
  for (const file of files.filter((name) => name.endsWith('.events.ts'))) {
    const exported: Record<string, object> = await import(resolve('src', file));
    declared.push(...Object.values(exported).flatMap((kinds) => Object.keys(kinds)));
  }
  expect(declared.length).toBeGreaterThan(20);
  expect(Object.keys(eventCatalogue).sort()).toEqual(declared.sort());
});

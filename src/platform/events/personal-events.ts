import type { Person, PersonalRows } from '../database/personal-rows.ts';
import { EventEntity, type EventRow } from './event-log.ts';

/** What a person caused, and what was done to their account: of events with two parties, only what is about the person. */
export const personalEvents: PersonalRows = {
  entity: EventEntity,
  where: 'subject_id = $1 OR actor_id = $1',
  parametersOf: ({ id }) => [id],
  withheldOf({ actorId, subjectId, data }: EventRow, { id }: Person) {
    // The session is the actor's, unless the event is about one.
    const isOfSubject = data['sessionId'] !== undefined;
    if (actorId !== null && actorId !== id)
      return ['requestId', 'ipAddress', 'userAgent', ...(isOfSubject ? [] : ['sessionId'])];
    if (subjectId !== null && subjectId !== id)
      return ['subjectId', 'data', ...(isOfSubject ? ['sessionId'] : [])];
    return [];
  },
};
